/** `/healthz`, `/readyz` and `/metrics`, for orchestrators and Prometheus. */

import type { Context, Env, Hono } from "hono";
import type { StreamStatus } from "../stream/status.ts";

/** What the answers are made of. */
export interface ProbeOptions {
  readonly statuses: () => readonly StreamStatus[];
  /** The text that Prometheus reads; null = not here. */
  readonly metrics: (() => Promise<string>) | null;
  /** Whether the answer to this client names the streams that are not ready, and why. @default {yes} */
  readonly includesReasons?: (context: Context) => Promise<boolean>;
}

/** A stream that is not as it must be. */
export interface UnreadyStream {
  readonly stream: string;
  readonly state: StreamStatus["state"];
  /** Null when there is nothing to add to the state. */
  readonly reason: string | null;
}

/** The content type of Prometheus's text format. */
const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/** Adds `/healthz`, `/readyz` and, where it belongs, `/metrics`. */
export function addProbes<E extends Env>(
  app: Hono<E>,
  { statuses, metrics, includesReasons }: ProbeOptions,
): void {
  // Whatever answers has an event loop that turns.
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", async (context) => {
    context.header("cache-control", "no-store");
    const streams = unready(statuses());
    const ready = streams.length === 0;
    const may = includesReasons === undefined || await includesReasons(context);
    return context.json(may ? { ready, streams } : { ready }, ready ? 200 : 503);
  });
  if (metrics === null) return;
  app.get("/metrics", async (context) => {
    context.header("cache-control", "no-store");
    context.header("content-type", metricsContentType);
    return context.body(await metrics());
  });
}

/** Streams that must be live and are not; one that has come to its end has done what it must. */
function unready(statuses: readonly StreamStatus[]): UnreadyStream[] {
  return statuses.filter(({ state }) => state !== "live" && state !== "ended")
    .map(({ name, state, detail }) => ({ stream: name, state, reason: detail }));
}
