/** An HTTP or HTTPS server on one address, with limits. */

import type { Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { type ConnectionLimits, Connections } from "./connections.ts";

/** Where to listen, and what answers. */
export interface ListenerOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** The setting that is named when the port is taken. */
  readonly setting: string;
  readonly limits: ConnectionLimits;
  /** PEM texts; null = plain http. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Takes over connections that become WebSockets. @default {none does} */
  readonly webSockets?: NonNullable<
    Parameters<typeof createAdaptorServer>[0]["websocket"]
  >["server"];
  readonly fetch: Parameters<typeof createAdaptorServer>[0]["fetch"];
}

/** A server at work; disposing of it cuts every connection. */
export interface Listener extends AsyncDisposable {
  readonly port: number;
  /** Where a program on this machine finds it, with a slash at the end. */
  readonly url: string;
}

/**
 * Starts serving. Node's HTTP server and not `Deno.serve`: the latter cannot cut off one connection,
 * so that a viewer that never reads would keep its socket, and megabytes in it, for ever; nor does
 * it end one that sends its head too slowly.
 *
 * @throws {Error} when the address cannot be listened on
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { host, port, setting, limits, tls, webSockets, fetch } = options;
  const server = createAdaptorServer({
    fetch: (request, env) => {
      // A connection that becomes a WebSocket has no response.
      const { incoming, outgoing } = env as Pick<HttpBindings, "incoming"> & Partial<HttpBindings>;
      const end = connections.begin(incoming.socket, probes.has(pathOf(incoming.url)));
      if (end === false) return tooMany();
      (outgoing ?? incoming.socket).once("close", end);
      return fetch(request, env);
    },
    overrideGlobalObjects: false,
    ...(webSockets && { websocket: { server: webSockets } }),
    ...(tls && { createServer: createSecureServer }),
    serverOptions: { ...timeLimits, ...tls },
  }) as Server;
  const connections = new Connections(server, limits);
  // What is no request, or comes too slowly, gets no answer.
  server.on("clientError", (_error, socket) => socket.destroy());
  await listen(server, host, port, setting);
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return {
    port: bound,
    url: `${tls ? "https" : "http"}://${toHost(host)}:${bound}/`,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        // Viewers may hang: they are not waited for.
        server.closeAllConnections();
      });
    },
  };
}

/** Milliseconds and bytes: browsers and tools need far less. */
const timeLimits = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 15_000,
  maxHeaderSize: 16 * 1024,
  handshakeTimeout: 10_000,
};

/** What is answered at once, and asked by those who must not be kept waiting. */
const probes: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

function pathOf(url = ""): string {
  return url.split("?", 1)[0]!;
}

function tooMany(): Response {
  const headers = { "retry-after": "10", connection: "close" };
  return new Response("Too many connections\n", { status: 503, headers });
}

function listen(server: Server, host: string, port: number, setting: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: Error & { code?: string }) => {
      const state = cause.code === "EADDRINUSE"
        ? `the port is taken, --${setting} names another`
        : cause.message;
      reject(new Error(`Cannot listen on ${inUrl(host)}:${port}: ${state}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

/** An address that means "all of mine" is no address to go to. */
function toHost(host: string): string {
  return host === "0.0.0.0" || host === "::" ? "localhost" : inUrl(host);
}

function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
