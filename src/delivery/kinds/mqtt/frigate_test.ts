import { deepEqual, equal } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import type { SightlineEvent } from "../../../events/event.ts";
import type { DestinationContext } from "../../destination.ts";
import { FrigateDialect } from "./frigate.ts";
import type { Publication } from "./mqtt_connection.ts";

let events = 0;

function eventOf(
  type: string,
  more: Partial<SightlineEvent> & { readonly id?: string } = {},
  stream = "front door",
): SightlineEvent {
  const at = new Date(1_700_000_000_000 + 500 * ++events).toISOString();
  const box = { x: 0.25, y: 0.5, width: 0.125, height: 0.25 };
  const object = { id: 1, label: "person", confidence: 0.5, box };
  const common = { id: `e${events}`, type, at, stream, use_case: null, sequence: null };
  return { ...common, object, ...more } as SightlineEvent;
}

function open(more: Partial<DestinationContext> = {}) {
  const context = {
    ...{ logger: getLogger(["test"]), name: "d", streams: ["front door", "gate"], publicUrl: null },
    ...{ password: () => Promise.resolve(null), signal: AbortSignal.timeout(10_000) },
    events: { ask: () => Promise.resolve({ events: [] }) },
    ...more,
  } as unknown as DestinationContext;
  const dialect = new FrigateDialect("frigate", context);
  const follow = async (event: SightlineEvent) => {
    const all = await Promise.all(dialect.follow(event));
    const told = all.filter((one): one is Publication => one !== null);
    const text = ({ payload }: Publication) =>
      typeof payload === "string" ? payload : [...payload as Uint8Array].join();
    return {
      events: told.filter(({ topic }) => topic === "frigate/events")
        .map((one) => JSON.parse(text(one))),
      others: Object.fromEntries(
        told.filter(({ topic }) => topic !== "frigate/events").map((one) => {
          equal(one.retain, true);
          return [one.topic, text(one)];
        }),
      ),
    };
  };
  return { dialect, follow };
}

Deno.test("an object is told as Frigate tells it: as it was and is, in pixels of 1280×720", async () => {
  const { follow } = open();
  const started = eventOf("object_started");
  const { events: [event, ...more] } = await follow(started);
  deepEqual(more, []);
  const startTime = Date.parse(started.at) / 1000;
  deepEqual(event, {
    type: "new",
    before: event.after,
    after: {
      ...{ id: started.id, camera: "front door", label: "person", sub_label: null },
      ...{ frame_time: startTime, snapshot_time: startTime, start_time: startTime, end_time: null },
      ...{ top_score: 0.5, score: 0.5, false_positive: false },
      ...{ box: [320, 360, 480, 540], area: 28_800, ratio: 0.89, region: [0, 0, 1280, 720] },
      ...{ current_zones: [], entered_zones: [], has_snapshot: false, has_clip: false },
      ...{ active: true, stationary: false, motionless_count: 0, position_changes: 0 },
      attributes: {},
    },
  });
  const flat = { x: 0.1, y: 0.3, width: 0.5, height: 0 };
  const updated = eventOf("object_updated", {
    object: { id: 1, label: "person", confidence: 0.9, box: flat },
    data: { stationary: true },
  });
  const { events: [{ type, before, after }] } = await follow(updated);
  deepEqual([type, before], ["update", event.after]);
  deepEqual([after.id, after.start_time, after.frame_time], [
    ...[started.id, startTime, Date.parse(updated.at) / 1000],
  ]);
  deepEqual([after.box, after.area, after.ratio], [[128, 216, 768, 216], 0, 0]);
  deepEqual([after.score, after.top_score, after.active, after.stationary], [
    0.9,
    0.9,
    false,
    true,
  ]);
  await follow(eventOf("zone_entered", { zone: "yard" }));
  await follow(eventOf("zone_left", { zone: "yard" }));
  const ended = eventOf("object_ended");
  const { events: [end] } = await follow(ended);
  deepEqual([end.type, end.before.end_time, end.after.end_time], [
    ...["end", null, Date.parse(ended.at) / 1000],
  ]);
  deepEqual([end.after.current_zones, end.after.entered_zones], [[], ["yard"]]);
  // What ended is forgotten: the next one of that number begins with itself, as does one told again.
  for (const next of [started, eventOf("object_started")]) {
    const { events: [{ type, before, after }] } = await follow(next);
    deepEqual([type, before], ["new", after]);
    if (next === started) await follow(eventOf("object_ended"));
  }
});

Deno.test("counts are told by camera and zone, of each label and of all, when they change", async () => {
  const { follow } = open();
  const car = {
    id: 2,
    label: "car/van",
    confidence: 0.5,
    box: { x: 0, y: 0, width: 1, height: 1 },
  };
  deepEqual((await follow(eventOf("object_started"))).others, {
    "frigate/front door/person": "1",
    "frigate/front door/all": "1",
  });
  deepEqual((await follow(eventOf("object_started", { object: car }))).others, {
    "frigate/front door/car_van": "1",
    "frigate/front door/all": "2",
  });
  deepEqual((await follow(eventOf("object_updated"))).others, {});
  deepEqual((await follow(eventOf("zone_entered", { zone: "yard" }))).others, {
    "frigate/yard/person": "1",
    "frigate/yard/all": "1",
  });
  deepEqual((await follow(eventOf("object_started", {}, "gate"))).others, {
    "frigate/gate/person": "1",
    "frigate/gate/all": "1",
  });
  // That camera is not configured.
  deepEqual((await follow(eventOf("object_started", {}, "other"))).others, {});
  deepEqual((await follow(eventOf("object_ended"))).others, {
    ...{ "frigate/front door/person": "0", "frigate/front door/all": "1" },
    ...{ "frigate/yard/person": "0", "frigate/yard/all": "0" },
  });
  deepEqual(await follow(eventOf("stream_lost", { object: undefined } as never)), {
    ...{ events: [], others: {} },
  });
});

Deno.test("an object that ends has its picture told, where there is one", async () => {
  const jpeg = Uint8Array.of(255, 216);
  for (
    const [picture, told] of [
      [() => Promise.resolve(jpeg), "255,216"],
      [() => Promise.resolve(null), undefined],
      [() => Promise.reject(new Error("it was removed")), undefined],
    ] as const
  ) {
    const { follow } = open({ picture });
    const { events: [event], others } = await follow(eventOf("object_started"));
    equal(event.after.has_snapshot, true);
    equal(others["frigate/front door/person/snapshot"], undefined);
    const ended = await follow(eventOf("object_ended"));
    equal(ended.others["frigate/front door/person/snapshot"], told);
  }
  const { follow } = open();
  await follow(eventOf("object_started"));
  equal(Object.keys((await follow(eventOf("object_ended"))).others).length, 2);
});

Deno.test("a new connection is told the counts of what is there now", async () => {
  const past = [eventOf("object_started")];
  // As the log of events answers: what is open, and only when that is asked for.
  const ask = (_: string, { open }: { readonly open: boolean }) =>
    Promise.resolve({ events: open ? past : [] });
  const { dialect } = open({ events: { ask } as unknown as DestinationContext["events"] });
  deepEqual(await dialect.connected(), [
    { topic: "frigate/front door/person", payload: "1", retain: true },
    { topic: "frigate/front door/all", payload: "1", retain: true },
  ]);
  equal(dialect.isCall(), false);
  deepEqual(await open({ events: null }).dialect.connected(), []);
});
