/** The web server of the live view. */

import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import type { Logger } from "@logtape/logtape";
import { createWebApp } from "./app.ts";
import { loadStaticFiles } from "./static_files.ts";
import type { WebStream } from "./web_stream.ts";

export type { WebStream } from "./web_stream.ts";

export interface WebOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** A function when streams come and go. */
  readonly streams: readonly WebStream[] | (() => readonly WebStream[]);
  readonly logger: Logger;
  /** A viewer that takes nothing for so long is cut off. @default {10000} */
  readonly patienceMs?: number;
}

/** A server at work. */
export interface WebServer extends AsyncDisposable {
  readonly port: number;
  /** Where a browser on this machine finds the page. */
  readonly url: string;
}

/** Connections at a time; each viewer holds one. */
const mostConnections = 256;

/**
 * Starts serving. Node's HTTP server and not `Deno.serve`: the latter cannot cut off one connection,
 * so that a viewer that never reads would keep its socket, and megabytes in it, for ever.
 *
 * @throws {Error} when the address cannot be listened on
 */
export async function startWeb(options: WebOptions): Promise<WebServer> {
  const { host, port, streams, logger, patienceMs } = options;
  const ending = new AbortController();
  const app = createWebApp({
    streams: typeof streams === "function" ? streams : () => streams,
    files: await loadStaticFiles(),
    signal: ending.signal,
    ...(patienceMs !== undefined && { patienceMs }),
  });
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
  }) as Server;
  server.maxConnections = mostConnections;
  await listen(server, host, port);
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  const url = `http://${toHost(host)}:${bound}/`;
  logger.info("Live view at {url}", { url });
  return {
    port: bound,
    url,
    async [Symbol.asyncDispose]() {
      ending.abort();
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
