/** The routes that give the pictures of events. */

import type { EventLog } from "../../events/event_log.ts";
import type { EventMedia } from "../../media/event_media.ts";
import { readParams, snapshotParams } from "./event_params.ts";
import { type EventApp, noSuchEvent, refuse } from "./event_routes.ts";

/** Where the routes find what they serve. */
export interface MediaRouteOptions {
  readonly log: Pick<EventLog, "ask">;
  /** Null: events have none. */
  readonly media: Pick<EventMedia, "snapshot"> | null;
}

/** A picture never changes; it goes when its event is too old. */
const kept = "private, max-age=86400, immutable";

/** Adds `/api/events/{id}/snapshot.jpg`. */
export function addMediaRoutes(app: EventApp, { log, media }: MediaRouteOptions): void {
  app.get("/api/events/:id/snapshot.jpg", async (context) => {
    const { params, problems } = readParams(snapshotParams, context.req.queries());
    if (problems !== null) return refuse(context, problems);
    const event = await log.ask("get", context.req.param("id"));
    context.header("cache-control", "no-store");
    if (event === null) return context.json({ problems: [noSuchEvent] }, 404);
    const jpeg = await media?.snapshot(event, params) ?? null;
    if (jpeg === null) return context.json({ problems: [noPicture] }, 404);
    context.header("cache-control", kept);
    context.header("content-type", "image/jpeg");
    return context.body(jpeg);
  });
}

const noPicture = { parameter: "id", message: "is the id of an event that has no picture" };
