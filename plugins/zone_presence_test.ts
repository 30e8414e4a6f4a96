import assert from "node:assert/strict";
import type { Analysis, UseCaseFactory } from "../src/mod.ts";
import { context, frameInfo, ssd } from "./parts/testing.ts";
import overShippedDetector, { type Options, zonePresence } from "./zone_presence.ts";

const yard = { name: "yard", polygon: [[0.25, 0], [0.75, 0], [0.75, 1], [0.25, 1]] } as const;

/** A person that is at each x for a frame of 40 ms; null = none is there. */
async function visit(options: Options, places: readonly (number | null)[]) {
  const useCase = await overShippedDetector(options, context);
  const events: unknown[] = [];
  let last: Analysis = {};
  for (const [sequence, x] of places.entries()) {
    const outputs = x === null ? ssd() : ssd([1, 0.9, x - 0.05, 0.2, x + 0.05, 0.6]);
    last = await useCase.postprocess(outputs, frameInfo(sequence));
    events.push(...last.events ?? []);
  }
  return { last, events };
}

/** So many frames at a place. */
function stay<T>(place: T, frames: number): T[] {
  return Array.from({ length: frames }, () => place);
}

Deno.test("zone_presence tells who enters, stays and leaves", async () => {
  const across = Array.from({ length: 50 }, (_, at) => 0.1 + at * 0.016);
  const zones = [{ ...yard, dwellMs: 400 }];
  const { last, events } = await visit({ zones }, [...across, ...stay(null, 60)]);
  assert.deepEqual(events.map((event) => (event as { type: string }).type), [
    "zone_entered",
    "zone_dwelled",
    "zone_left",
  ]);
  const { dwell_ms, ...left } = events[2] as { dwell_ms: number };
  assert.deepEqual(left, { type: "zone_left", zone: "yard", track_id: 1, label: "person" });
  // Half of the picture's width at 0.016 a frame of 40 ms.
  assert.ok(Math.abs(dwell_ms - 1250) <= 80, `${dwell_ms}`);
  assert.deepEqual(last.data, {
    zones: { yard: { inside: 0, entered: 1, left: 1, mean_dwell_ms: dwell_ms } },
  });
});

Deno.test("zone_presence draws the zone with how many are inside", async () => {
  const { last } = await visit({ zones: [yard] }, stay(0.5, 20));
  assert.deepEqual(last.annotations, [
    { kind: "polyline", points: yard.polygon, closed: true, color: "#ff4d4d" },
    { kind: "text", x: 0.25, y: 0, text: "yard: 1 inside", color: "#ff4d4d" },
  ]);
  assert.deepEqual(last.data, {
    zones: { yard: { inside: 1, entered: 1, left: 0, mean_dwell_ms: null } },
  });
  assert.equal(last.detections?.[0]?.trackId, 1);
});

Deno.test("zone_presence watches the whole picture by default, and only labels that are wanted", async () => {
  const { last } = await visit({}, stay(0.1, 20));
  assert.equal((last.data as { zones: { picture: { inside: number } } }).zones.picture.inside, 1);
  const { last: none } = await visit({ labels: ["bike"] }, stay(0.1, 20));
  assert.equal((none.data as { zones: { picture: { inside: number } } }).zones.picture.inside, 0);
});

Deno.test("zonePresence() works over any detector, and keeps what it says", async () => {
  const mine: UseCaseFactory<undefined> = () => ({
    postprocess: () => ({
      detections: [{
        label: "cat",
        labelId: 0,
        confidence: 0.9,
        box: { x: 0.4, y: 0.4, width: 0.1, height: 0.3 },
      }],
      data: { mood: "good" },
    }),
  });
  const useCase = await zonePresence(mine)({ zones: [yard] }, context);
  let analysis: Analysis = {};
  for (const at of stay(0, 20).keys()) analysis = await useCase.postprocess({}, frameInfo(at));
  assert.equal(analysis.detections?.[0]?.label, "cat");
  assert.deepEqual(analysis.data, {
    mood: "good",
    zones: { yard: { inside: 1, entered: 1, left: 0, mean_dwell_ms: null } },
  });
});

Deno.test("zone_presence refuses zones that are none", async () => {
  await assert.rejects(visit({ zones: [{ name: "a", polygon: [[0, 0], [1, 1]] }] }, []), {
    name: "RangeError",
    message:
      'zones is [{"name":"a","polygon":[[0,0],[1,1]]}], allowed is a list of {"name": text, ' +
      '"polygon": at least 3 points [x, y]}, no name twice',
  });
  await assert.rejects(visit({ zones: [{ ...yard, dwellMs: -1 }] }, []), {
    message: "Cannot make zone yard: dwellMs is -1, allowed is a number from 0",
  });
});
