import { deepEqual, equal } from "node:assert/strict";
import type { AnalysisRecord } from "../sink/record.ts";
import { recordOf } from "../../tests/support/samples.ts";
import { EventStore } from "./event_store.ts";
import { eventOfHappening, eventsOfRecord, isReserved, stayKey } from "./stream_events.ts";

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

Deno.test("eventsOfRecord() keeps what an event wishes for apart from what it says", () => {
  const told = (said: object) => {
    const [event] = eventsOfRecord(recordWith([{ type: "alarm", ...said }]));
    const { snapshot, clip, data } = event!;
    return { snapshot, clip, data };
  };
  const none = { snapshot: undefined, clip: undefined, data: undefined };
  deepEqual(told({}), none);
  deepEqual(told({ snapshot: false, clip: false }), none);
  deepEqual(told({ snapshot: true, clip: true, level: 3 }), {
    snapshot: true,
    clip: { before_s: 5, after_s: 5 },
    data: { level: 3 },
  });
  deepEqual(told({ clip: { before_s: 0 } }).clip, { before_s: 0, after_s: 5 });
  deepEqual(told({ clip: { after_s: 600 } }).clip, { before_s: 5, after_s: 600 });
  for (const span of [{ before_s: 0, after_s: 600 }, { before_s: 600, after_s: 0 }]) {
    deepEqual(told({ clip: span }).clip, span);
  }
  for (
    const clip of [
      { before_s: -1 },
      { before_s: 601 },
      { after_s: -1 },
      { after_s: 601 },
      { seconds: 5 },
      "yes",
      3,
    ]
  ) {
    deepEqual(told({ clip }), { ...none, data: { clip } });
  }
  deepEqual(told({ snapshot: "yes" }), { ...none, data: { snapshot: "yes" } });
});

Deno.test("eventsOfRecord() knows an object by its number, and a zone or line by its name", () => {
  const [other, none, line] = eventsOfRecord(recordWith([
    { type: "alarm", track_id: 8, zone: "yard" },
    { type: "alarm" },
    { type: "line_crossed", line: 3 },
  ]));
  deepEqual([other?.object, other?.zone, none?.object, line?.line], [
    ...[undefined, "yard", undefined, undefined],
  ]);
  deepEqual([other?.opens, other?.closes], [undefined, undefined]);
  // A detection without a number belongs to no object.
  const record = recordWith([{ type: "alarm" }]);
  const { track_id: _, ...detection } = record.detections[0]!;
  equal(eventsOfRecord({ ...record, detections: [detection] })[0]?.object, undefined);
});

Deno.test("eventsOfRecord() opens and closes a stay only where object and zone are known", () => {
  const booked = (said: object, type = "zone_entered") => {
    const [{ opens, closes } = {} as never] = eventsOfRecord(recordWith([{ type, ...said }]));
    return [opens?.key, closes?.key];
  };
  const key = "zone_entered door yard 7";
  equal(stayKey("door", "yard", 7), key);
  deepEqual(booked({ zone: "yard", track_id: 7 }), [key, undefined]);
  deepEqual(booked({ zone: "yard", track_id: 7 }, "zone_left"), [undefined, key]);
  for (const said of [{ zone: "yard" }, { track_id: 7 }, { zone: "yard", track_id: "7" }]) {
    for (const type of ["zone_entered", "zone_left"]) {
      deepEqual(booked(said, type), [undefined, undefined]);
    }
  }
});

Deno.test("isReserved() is true of what Sightline alone tells", () => {
  const reserved = ["stream_live", "model_changed", "object_ended", "zone_entered", "zone_left"];
  deepEqual(reserved.map(isReserved), [true, true, true, true, true]);
  deepEqual(["alarm", "zone_dwelled", "toString"].map(isReserved), [false, false, false]);
});

Deno.test("eventOfHappening() says what it was told, and books an absence of camera or model", () => {
  const at = "1970-01-01T00:00:07.000Z";
  const common = { at, stream: "door", use_case: null, sequence: null };
  deepEqual(eventOfHappening("door", "model_changed", 7000, "words", { version: "2" }), {
    ...common,
    ...{ type: "model_changed", reason: "words", data: { version: "2" } },
  });
  deepEqual(eventOfHappening("door", "plugin_restarted", 7000), {
    ...common,
    type: "plugin_restarted",
  });
  deepEqual(eventOfHappening("door", "model_unavailable", 7000).opens, {
    ...{ key: "model_unavailable door", endsAs: "model_available", survives: true },
  });
  deepEqual(eventOfHappening("door", "model_available", 7000).closes, {
    ...{ key: "model_unavailable door", always: false },
  });
  deepEqual(eventOfHappening("door", "stream_live", 7000).closes, {
    ...{ key: "stream_lost door", always: true },
  });
});

Deno.test("eventsOfRecord() opens and closes nothing by what tells no object or no place", () => {
  for (const type of ["zone_entered", "zone_left"]) {
    for (const said of [{ zone: "yard" }, { track_id: 7 }]) {
      const [event] = eventsOfRecord(recordWith([{ type, ...said }]));
      deepEqual([event?.type, event?.opens, event?.closes], [type, undefined, undefined]);
    }
  }
});
