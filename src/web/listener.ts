/** An HTTP server on one address. */

import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";

/** Where to listen, and what answers. */
export interface ListenerOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Connections at a time. */
  readonly maxConnections: number;
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
 * so that a viewer that never reads would keep its socket, and megabytes in it, for ever.
 *
 * @throws {Error} when the address cannot be listened on
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { host, port, maxConnections, fetch } = options;
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
  server.maxConnections = maxConnections;
  await listen(server, host, port);
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return {
    port: bound,
    url: `http://${toHost(host)}:${bound}/`,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        // Viewers may hang: nobody waits for them.
        server.closeAllConnections();
      });
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: Error & { code?: string }) => {
      const state = cause.code === "EADDRINUSE" ? "the port is taken" : cause.message;
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
