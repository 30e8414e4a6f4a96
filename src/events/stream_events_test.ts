import { deepEqual, equal } from "node:assert/strict";
import type { AnalysisRecord } from "../sink/record.ts";
import { recordOf } from "../../tests/support/samples.ts";
import { EventStore } from "./event_store.ts";
import { eventOfHappening, eventsOfRecord } from "./stream_events.ts";

const box = { x: 0, y: 0, width: 0.5, height: 0.5 };

function recordWith(events: AnalysisRecord["events"]): AnalysisRecord {
  return recordOf({
    ...{ sequence: 12, pts_ms: 480, captured_at: "2026-11-29T10:00:00.000Z", age_ms: 30 },
    use_case: "zone_presence",
    detections: [{ label: "person", label_id: 1, confidence: 0.9, box, track_id: 7 }],
    events,
  });
}

Deno.test("eventsOfRecord() gives what a use case said its place, and the object's box", () => {
  const [event] = eventsOfRecord(recordWith([
    { type: "line_crossed", line: "gate", track_id: 7, label: "person", direction: "in" },
  ]));
  deepEqual(event, {
    type: "line_crossed",
    at: "2026-11-29T10:00:00.000Z",
    stream: "door",
    use_case: "zone_presence",
    sequence: 12,
    object: { id: 7, label: "person", confidence: 0.9, box },
    line: "gate",
    data: { track_id: 7, label: "person", direction: "in" },
  });
  deepEqual(eventsOfRecord(recordWith([{ type: "alarm", zone: 3 }]))[0]?.zone, undefined);
  // A use case is not believed that a camera was lost.
  deepEqual(eventsOfRecord(recordWith([{ type: "stream_lost" }]))[0]?.type, "use_case_stream_lost");
});

Deno.test("eventsOfRecord() keeps the books of zones", () => {
  using store = new EventStore(":memory:");
  const told = (type: string, trackId: number) => ({ type, zone: "yard", track_id: trackId });
  store.append(eventsOfRecord(recordWith([
    told("zone_entered", 1),
    told("zone_entered", 2),
    told("zone_dwelled", 1),
    told("zone_left", 1),
  ])));
  deepEqual(store.openKeys(), ["zone_entered door yard 2"]);
  const [left] = store.closeAll("restart", "2026-11-29T10:00:05.000Z");
  deepEqual([left?.event.type, left?.event.zone, left?.event.duration_ms], [
    "zone_left",
    "yard",
    5000,
  ]);
});

Deno.test("eventOfHappening() ends an absence once, across restarts, and tells every first picture", () => {
  using store = new EventStore(":memory:");
  const types = (...drafts: Parameters<EventStore["append"]>[0]) =>
    store.append(drafts).map(({ event }) => event.type);
  const live = (nowMs: number) => eventOfHappening("door", "stream_live", nowMs);
  const lost = (nowMs: number) => eventOfHappening("door", "stream_lost", nowMs, "refused");
  deepEqual(types(live(0), lost(1000)), ["stream_live", "stream_lost"]);
  deepEqual(store.closeAll("restart", new Date(2000).toISOString(), ["door"]), []);
  // Still away after a restart: that is the same absence.
  deepEqual(types(lost(3000)), []);
  const [back] = store.append([live(9000)]);
  equal(back?.event.duration_ms, 8000);
  equal(back?.event.reason, undefined);
  // A model that was never away has not become available.
  deepEqual(types(eventOfHappening("door", "model_available", 1)), []);
});
