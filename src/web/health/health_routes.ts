/** The routes of Health: the state of everything, the last hour in figures, and a bundle for support. */

import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono, MiddlewareHandler } from "hono";
import project from "../../../deno.json" with { type: "json" };
import { deliveryStatus } from "../../delivery/delivery_status.ts";
import type { OutboxCounts } from "../../delivery/outbox.ts";
import type { ModelQueue } from "../../inference/sharing/shared_model.ts";
import { statusOf } from "../live/live_state.ts";
import type { WebStream } from "../web_stream.ts";
import type { StreamHistory } from "./stream_history.ts";
import { type BundleSources, supportBundle } from "./support_bundle.ts";

type Bindings = { Bindings: Partial<HttpBindings> };

/** What the routes tell of. */
export interface HealthRouteOptions {
  readonly streams: () => readonly WebStream[];
  readonly models: () => readonly ModelQueue[];
  readonly deliveries: () => readonly OutboxCounts[];
  readonly history: StreamHistory;
  readonly bundle: Pick<BundleSources, "config" | "log" | "metrics">;
  /** Lets only those by who may operate; null = none may. */
  readonly authorize: MiddlewareHandler<Bindings> | null;
}

/** Of all journals together. */
const mostHappenings = 60;
const startedAt = new Date().toISOString();

/** Adds `/api/health`, `/api/streams/{name}/history` and `/api/support.zip`. */
export function addHealthRoutes(app: Hono<Bindings>, options: HealthRouteOptions): void {
  app.get("/api/health", (context) => {
    context.header("cache-control", "no-store");
    return context.json(health(options));
  });
  app.get("/api/streams/:name/history", (context) => {
    const answer = options.history.of(context.req.param("name"));
    context.header("cache-control", "no-store");
    return answer === null ? context.notFound() : context.json(answer);
  });
  let isMaking = false;
  app.get("/api/support.zip", options.authorize ?? forbidden, async (context) => {
    context.header("cache-control", "no-store");
    if (isMaking) {
      context.header("retry-after", "5");
      return context.text("One at a time\n", 429);
    }
    isMaking = true;
    try {
      const bytes = await supportBundle({ ...options.bundle, health: health(options) });
      const day = new Date().toISOString().slice(0, 16).replaceAll(":", "");
      context.header("content-type", "application/zip");
      context.header("content-disposition", `attachment; filename="sightline_support_${day}.zip"`);
      return context.body(bytes);
    } finally {
      isMaking = false;
    }
  });
}

function health({ streams, models, deliveries }: HealthRouteOptions) {
  const all = streams();
  return {
    version: project.version,
    started_at: startedAt,
    streams: all.map((stream) => ({ ...statusOf(stream), plugin: stream.plugin() })),
    models: models().map(({ model, waiting, inFlight, maxInFlight }) => ({
      model,
      waiting,
      in_flight: inFlight,
      max_in_flight: maxInFlight,
      streams: all.filter((stream) => stream.status().model === model).map(({ name }) => name),
    })),
    destinations: deliveries().map(deliveryStatus),
    happened: all.flatMap((stream) =>
      stream.journal().filter(({ kind }) => kind !== "event")
        .map((entry) => ({ ...entry, stream: stream.name }))
    ).toSorted((a, b) => b.at.localeCompare(a.at)).slice(0, mostHappenings),
  };
}

/** No key with that right was set up. */
function forbidden(context: Context<Bindings>): Response {
  const message = "is of no use: set --visualizer_operate_token_file";
  return context.json({ problems: [{ parameter: "authorization", message }] }, 403);
}
