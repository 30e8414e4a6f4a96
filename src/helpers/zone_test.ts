import assert from "node:assert/strict";
import type { Tracked } from "./tracker.ts";
import { createZone, type ZoneOptions } from "./zone.ts";

const polygon = [[0, 0.5], [1, 0.5], [1, 1], [0, 1]] as const;

/** A person whose feet are this far down the picture. */
function person(feet: number, trackId = 1): Tracked {
  const box = { x: 0.4, y: feet - 0.3, width: 0.2, height: 0.3 };
  return { label: "person", labelId: 0, confidence: 0.9, box, trackId };
}

/** Shows one frame each 100 ms (null: none there) and returns the events with their times. */
function watch(feet: readonly (number | null)[], options: Partial<ZoneOptions> = {}) {
  const zone = createZone({ name: "yard", polygon, ...options });
  return feet.flatMap((y, at) =>
    zone.update(y === null ? [] : [person(y)], 100 * at).map(({ type, dwell_ms }) =>
      [type, 100 * at, ...(dwell_ms === undefined ? [] : [dwell_ms])].join(" ")
    )
  );
}

const hidden = (frames: number) => Array.from({ length: frames }, () => null);
const standing = (frames: number, feet = 0.7) => Array.from({ length: frames }, () => feet);

Deno.test("createZone() tells who enters and who leaves, and for how long it was", () => {
  const feet = [0.4, ...standing(5), ...standing(12, 0.4)];
  assert.deepEqual(watch(feet), ["zone_entered 300", "zone_left 1500 400"]);
});

Deno.test("createZone() believes neither a short visit nor a short absence", () => {
  assert.deepEqual(watch([0.7, 0.7, 0.4, 0.7, 0.7, 0.4, 0.7]), []);
  const trembling = [...standing(3), ...Array.from({ length: 20 }, (_, at) => 0.49 + at % 2 / 50)];
  assert.deepEqual(watch(trembling), ["zone_entered 200"]);
  assert.deepEqual(watch([...standing(3), ...hidden(9), ...standing(3)]), ["zone_entered 200"]);
});

Deno.test("createZone() lets go of who is no longer seen", () => {
  const gone = watch([...standing(4), ...hidden(12)]);
  assert.deepEqual(gone, ["zone_entered 200", "zone_left 1300 300"]);
});

Deno.test("createZone() reports a stay once, and again for the next stay", () => {
  const feet = [...standing(8), ...hidden(11), ...standing(6)];
  assert.deepEqual(watch(feet, { dwellMs: 500 }), [
    "zone_entered 200",
    "zone_dwelled 500 500",
    "zone_left 1700 700",
    "zone_entered 2100",
    "zone_dwelled 2400 500",
  ]);
});

Deno.test("createZone() can be told to believe at once", () => {
  const events = watch([0.7, 0.4, 0.7], { enterAfterMs: 0, leaveAfterMs: 0 });
  assert.deepEqual(events, ["zone_entered 0", "zone_left 100 0", "zone_entered 200"]);
});

Deno.test("createZone() judges by the anchor that was chosen", () => {
  const options = { enterAfterMs: 0 };
  assert.equal(watch([0.6], options).length, 1);
  assert.equal(watch([0.6], { ...options, anchor: "center" }).length, 0);
});

Deno.test("createZone() knows who is inside, and writes events as they go out", () => {
  const zone = createZone({ name: "yard", polygon, enterAfterMs: 0 });
  const events = zone.update([person(0.7, 4), person(0.3, 5), person(1, 6)], 40);
  assert.deepEqual([...zone.inside], [4, 6]);
  assert.deepEqual(events[1], {
    type: "zone_entered",
    zone: "yard",
    track_id: 6,
    label: "person",
  });
});

Deno.test("createZone() ends all stays with an event when the clock goes back", () => {
  const zone = createZone({ name: "yard", polygon, enterAfterMs: 100 });
  zone.update([person(0.7, 4)], 90_000);
  zone.update([person(0.7, 4), person(0.7, 5)], 90_100);
  const events = zone.update([person(0.7, 4)], 0);
  const left = { type: "zone_left", zone: "yard", track_id: 4, label: "person", dwell_ms: 100 };
  assert.deepEqual(events, [left]);
  assert.equal(zone.inside.size, 0);
  assert.equal(zone.update([person(0.7, 4)], 100)[0]?.type, "zone_entered");
});

Deno.test("createZone() keeps a stay over a gap that its track survives, and closes it else", () => {
  const zone = createZone({ name: "yard", polygon, enterAfterMs: 0 });
  const types = ([[4, 0], [4, 1800], [5, 6000]] as const).map(([trackId, ptsMs]) =>
    zone.update([person(0.7, trackId)], ptsMs).map(({ type, track_id }) => `${type} ${track_id}`)
  );
  assert.deepEqual(types, [["zone_entered 4"], [], ["zone_entered 5", "zone_left 4"]]);
});

Deno.test("createZone() can be told that it ends: who is inside leaves, once", () => {
  const zone = createZone({ name: "yard", polygon, enterAfterMs: 0 });
  zone.update([person(0.7, 4)], 0);
  zone.update([person(0.7, 4), person(0.3, 5)], 700);
  assert.deepEqual(zone.clear().map(({ type, track_id, dwell_ms }) => [type, track_id, dwell_ms]), [
    ["zone_left", 4, 700],
  ]);
  assert.deepEqual(zone.clear(), []);
});

Deno.test("createZone() refuses what cannot be a zone", () => {
  const cases: [Partial<ZoneOptions>, string][] = [
    [{ polygon: [[0, 0], [1, 1]] }, "polygon has 2 corners, it needs 3"],
    [{ polygon: [[0, 0], [1, NaN], [1, 1]] }, "polygon has a corner that is not finite"],
    [{ dwellMs: -5 }, "dwellMs is -5, allowed is a number from 0"],
  ];
  for (const [options, what] of cases) {
    assert.throws(() => createZone({ name: "yard", polygon, ...options }), {
      name: "RangeError",
      message: `Cannot make zone yard: ${what}`,
    });
  }
});

Deno.test("createZone() names an option that is misspelt, missing or of another shape", () => {
  const known = "name, polygon, anchor, enterAfterMs, leaveAfterMs, dwellMs";
  const cases: [options: object, what: string][] = [
    [{ points: polygon }, `"points" is no option, there are ${known}`],
    [{}, "polygon is missing, it must be a list of points [x, y]"],
    [{ polygon: [{ x: 0, y: 0 }] }, "polygon is none, it must be a list of points [x, y]"],
    [{ polygon, anchor: "top" }, 'anchor is "top", allowed is bottom or center'],
  ];
  for (const [options, what] of cases) {
    assert.throws(() => createZone({ name: "yard", ...options } as ZoneOptions), {
      message: `Cannot make zone yard: ${what}`,
    });
  }
});
