/** What one stream has to tell: what its use case saw, and how camera, model and plugin fare. */

import { z } from "zod";
import type { AnalysisRecord, DetectionRecord } from "../sink/record.ts";
import type { EventDraft, EventObject } from "./event.ts";

/** What happens to a stream, whatever its use case sees. */
export type Happening =
  | "stream_live"
  | "stream_lost"
  | "model_available"
  | "model_unavailable"
  | "model_changed"
  | "plugin_restarted";

/** Happenings that begin what another ends, and go on while no Sightline runs. */
const endings: Readonly<Partial<Record<Happening, Happening>>> = {
  stream_lost: "stream_live",
  model_unavailable: "model_available",
};

/** Events of a use case that begin what another of the same object and zone ends. */
const begins = "zone_entered";
const ends = "zone_left";

/** The event of a happening; `reason` in words. */
export function eventOfHappening(
  stream: string,
  type: Happening,
  nowMs: number,
  reason?: string,
  data?: Readonly<Record<string, unknown>>,
): EventDraft {
  const endsAs = endings[type];
  const begun = Object.entries(endings).find(([, end]) => end === type)?.[0];
  return {
    type,
    at: new Date(nowMs).toISOString(),
    stream,
    use_case: null,
    sequence: null,
    ...(reason !== undefined && { reason }),
    ...(data !== undefined && { data }),
    ...(endsAs && { opens: { key: `${type} ${stream}`, endsAs, survives: true } }),
    ...(begun && { closes: { key: `${begun} ${stream}`, always: type === "stream_live" } }),
  };
}

/** What only Sightline itself can know. */
const reserved: ReadonlySet<string> = new Set([
  ...["stream_live", "stream_lost", "plugin_restarted"],
  ...["model_available", "model_unavailable", "model_changed"],
  ...["object_started", "object_updated", "object_ended"],
]);

/** Whether a type is told by Sightline alone, since others count by it or stand in its books. */
export function isReserved(type: string): boolean {
  return reserved.has(type) || type === begins || type === ends;
}

/** The events that a use case put into a record, in its order. */
export function eventsOfRecord(record: AnalysisRecord): EventDraft[] {
  return record.events.map(({ type, zone, line, ...said }) => {
    const { wishes, data } = wishesOf(said);
    const trackId = data["track_id"];
    const object = record.detections.find(({ track_id }) =>
      track_id !== undefined && track_id === trackId
    );
    const key = typeof zone === "string" && typeof trackId === "number"
      ? stayKey(record.stream, zone, trackId)
      : null;
    return {
      // Counts by type must not mislead.
      type: reserved.has(type) ? `use_case_${type}` : type,
      at: record.captured_at,
      stream: record.stream,
      use_case: record.use_case,
      sequence: record.sequence,
      ...(object && { object: toObject(object) }),
      ...(typeof zone === "string" && { zone }),
      ...(typeof line === "string" && { line }),
      ...wishes,
      ...(Object.keys(data).length > 0 && { data }),
      ...(type === begins && key !== null && { opens: { key, endsAs: ends } }),
      ...(type === ends && key !== null && { closes: { key } }),
    };
  });
}

/** What the stay of an object in a zone is opened and closed by. */
export function stayKey(stream: string, zone: string, trackId: number): string {
  return `${begins} ${stream} ${zone} ${trackId}`;
}

const span = z.strictObject({
  before_s: z.number().min(0).max(600).default(5),
  after_s: z.number().min(0).max(600).default(5),
});

/** What an event asks for, and what else it says; what is no such wish is taken as said. */
function wishesOf(
  { snapshot, clip, ...said }: Readonly<Record<string, unknown>>,
): { readonly wishes: Pick<EventDraft, "snapshot" | "clip">; readonly data: typeof said } {
  const clipWish = span.safeParse(clip === true ? {} : clip);
  const wishes = {
    ...(snapshot === true && { snapshot: true as const }),
    ...(clipWish.success && { clip: clipWish.data }),
  };
  const data = {
    ...said,
    ...(snapshot !== undefined && snapshot !== true && snapshot !== false && { snapshot }),
    ...(clip !== undefined && clip !== false && !clipWish.success && { clip }),
  };
  return { wishes, data };
}

function toObject({ track_id, label, confidence, box }: DetectionRecord): EventObject {
  return { id: track_id!, label, confidence, box };
}
