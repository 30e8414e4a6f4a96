/** The routes that give the pictures and clips of events. */

import type { EventLog } from "../../events/event_log.ts";
import type { EventMedia } from "../../media/event_media.ts";
import { fileParams, readParams, snapshotParams } from "./event_params.ts";
import { type EventApp, type EventContext, noSuchEvent, refuse } from "./event_routes.ts";
import { sendFile } from "./send_file.ts";

/** Where pictures and clips are found; null: events have none. */
export type EventFiles = Pick<EventMedia, "snapshot" | "path" | "isAwaited" | "isPending"> | null;

/** A picture or clip never changes; it goes when its event is too old. */
const kept = "private, max-age=86400, immutable";

/** Adds `/api/events/{id}/snapshot.jpg`, `…/clip.mp4` and `…/boxes.json`. */
export function addMediaRoutes(
  app: EventApp,
  log: Pick<EventLog, "ask">,
  media: EventFiles,
): void {
  app.get("/api/events/:id/snapshot.jpg", async (context) => {
    const { params, problems } = readParams(snapshotParams, context.req.queries());
    if (problems !== null) return refuse(context, problems);
    const event = await log.ask("get", context.req.param("id"));
    context.header("cache-control", "no-store");
    if (event === null) return context.json({ problems: [noSuchEvent] }, 404);
    if (!params.wait && media?.isPending(event.id)) {
      context.header("retry-after", "1");
      return none(context, "picture yet", false);
    }
    let jpeg: Uint8Array<ArrayBuffer> | null;
    try {
      jpeg = await media?.snapshot(event, params) ?? null;
    } catch {
      context.header("retry-after", "1");
      const message = "is the id of an event whose picture cannot be drawn just now";
      return context.json({ problems: [{ parameter: "id", message }] }, 503);
    }
    if (jpeg === null) return none(context, "picture", event.snapshot === true);
    context.header("cache-control", kept);
    context.header("content-type", "image/jpeg");
    return context.body(jpeg);
  });
  for (
    const [name, kind, contentType] of [
      ["clip.mp4", "clip", "video/mp4"],
      ["boxes.json", "boxes", "application/json"],
    ] as const
  ) {
    app.get(`/api/events/:id/${name}`, async (context) => {
      const { problems } = readParams(fileParams, context.req.queries());
      if (problems !== null) return refuse(context, problems);
      const id = context.req.param("id");
      const path = await media?.path(id, kind) ?? null;
      context.header("cache-control", "no-store");
      if (path !== null) {
        context.header("cache-control", kept);
        const answer = await sendFile(context, path, contentType);
        if (answer !== null) return answer;
        context.header("cache-control", "no-store");
      }
      const event = await log.ask("get", id);
      if (event === null) return context.json({ problems: [noSuchEvent] }, 404);
      if (!await media?.isAwaited(id)) return none(context, "clip", event.clip !== undefined);
      context.header("retry-after", "1");
      return none(context, "clip yet", false);
    });
  }
}

/** `wasPromised`: the event says that it has one, but there will be none any more. */
function none(context: EventContext, what: string, wasPromised: boolean): Response {
  const why = wasPromised ? ": it could not be made, or Sightline was ended meanwhile" : "";
  const message = `is the id of an event that has no ${what}${why}`;
  return context.json({ problems: [{ parameter: "id", message }] }, wasPromised ? 410 : 404);
}
