/** The web server of the live view. */

import type { Logger } from "@logtape/logtape";
import { createWebApp } from "./app.ts";
import { type Listener, openListener } from "./listener.ts";
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
  /** The text that Prometheus reads; not served when absent. */
  readonly metrics?: () => Promise<string>;
  /** A viewer that takes nothing for so long is cut off. @default {10000} */
  readonly patienceMs?: number;
}

/** A server at work. */
export type WebServer = Listener;

/** Connections at a time; each viewer holds one. */
const mostConnections = 256;

/**
 * Starts serving.
 * @throws {Error} when the address cannot be listened on
 */
export async function startWeb(options: WebOptions): Promise<WebServer> {
  const { host, port, streams, logger, metrics = null, patienceMs } = options;
  const ending = new AbortController();
  const app = createWebApp({
    streams: typeof streams === "function" ? streams : () => streams,
    files: await loadStaticFiles(),
    signal: ending.signal,
    metrics,
    ...(patienceMs !== undefined && { patienceMs }),
  });
  const listener = await openListener({
    host,
    port,
    fetch: app.fetch,
    maxConnections: mostConnections,
  });
  logger.info("Live view at {url}", { url: listener.url });
  return {
    ...listener,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await listener[Symbol.asyncDispose]();
    },
  };
}
