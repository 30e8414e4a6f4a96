/** `/healthz`, `/readyz` and `/metrics`, for orchestrators and Prometheus. */

import type { Context, Env, Hono } from "hono";
import type { StreamStatus } from "../stream/status.ts";
import type { MaybePromise } from "../use_case/use_case.ts";

/** A stream that is not as it must be. */
export interface UnreadyStream {
  readonly stream: string;
  readonly state: StreamStatus["state"];
  /** Null when there is nothing to add to the state. */
  readonly reason: string | null;
}

/** The content type of Prometheus's text format. */
const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Adds `/healthz`, `/readyz` and, unless it is null, the text of `/metrics`. `includesReasons`:
 * whether the answer to this client names the streams that are not ready, and why.
 */
export function addProbes<E extends Env>(
  app: Hono<E>,
  statuses: () => readonly StreamStatus[],
  metrics: (() => Promise<string>) | null,
  includesReasons: (context: Context) => MaybePromise<boolean> = () => true,
): void {
  // Whatever answers has an event loop that turns.
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", async (context) => {
    context.header("cache-control", "no-store");
    const streams = unready(statuses());
    const ready = streams.length === 0;
    const may = await includesReasons(context);
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
