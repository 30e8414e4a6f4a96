import assert from "node:assert/strict";
import { createLine, type LineOptions } from "./line.ts";
import type { Point } from "./point.ts";
import type { Tracked } from "./tracker.ts";

/** From left to right across the middle. */
const door: LineOptions = {
  name: "door",
  points: [[0.2, 0.5], [0.8, 0.5]],
  directions: { right: "in", left: "out" },
};

function person([x, y]: Point, trackId = 1): Tracked {
  const box = { x: x - 0.05, y: y - 0.3, width: 0.1, height: 0.3 };
  return { label: "person", labelId: 0, confidence: 0.9, box, trackId };
}

/** Directions counted along a path, one point each 100 ms. */
function walk(path: readonly Point[], options: Partial<LineOptions> = {}): unknown[] {
  const line = createLine({ ...door, ...options });
  return path.flatMap((point, at) =>
    line.update([person(point)], 100 * at).map(({ direction }) => direction)
  );
}

Deno.test("createLine() counts by direction", () => {
  assert.deepEqual(walk([[0.5, 0.4], [0.5, 0.6], [0.5, 0.7], [0.5, 0.4]]), ["in", "out"]);
  const reversed = { points: [door.points[1], door.points[0]] } as const;
  assert.deepEqual(walk([[0.5, 0.4], [0.5, 0.6]], reversed), ["out"]);
});

Deno.test("createLine() has its left where the picture in docs/plugins.md has it", () => {
  const directions = { right: "right", left: "left" };
  assert.deepEqual(walk([[0.5, 0.6], [0.5, 0.4]], { directions }), ["left"]);
  const upwards = { points: [[0.5, 0.8], [0.5, 0.2]], directions } as const;
  assert.deepEqual(walk([[0.4, 0.5], [0.6, 0.5], [0.4, 0.5]], upwards), ["right", "left"]);
});

Deno.test("createLine() counts a slow walk once, wherever its steps fall", () => {
  const path = Array.from({ length: 41 }, (_, at): Point => [0.5, 0.4 + 0.005 * at]);
  assert.deepEqual(walk(path), ["in"]);
  assert.deepEqual(walk(path, { margin: 0 }), ["in"]);
});

Deno.test("createLine() is not fooled by a box that trembles on the line", () => {
  const trembling = Array.from({ length: 20 }, (_, at): Point => [0.5, 0.495 + 0.01 * (at % 2)]);
  assert.deepEqual(walk([[0.5, 0.4], ...trembling, [0.5, 0.4]]), []);
  assert.deepEqual(walk([[0.5, 0.4], ...trembling, [0.5, 0.6]]), ["in"]);
  assert.ok(walk([[0.5, 0.4], ...trembling], { margin: 0 }).length > 10, "what the margin is for");
});

Deno.test("createLine() does not count who walks around its end", () => {
  assert.deepEqual(walk([[0.5, 0.4], [0.9, 0.4], [0.9, 0.6], [0.5, 0.6]]), []);
  // Along the line, within the margin, and past its end: the straight way would have crossed.
  assert.deepEqual(walk([[0.5, 0.45], [0.6, 0.495], [0.9, 0.495], [0.9, 0.53]]), []);
  // Around the end one way, across the line the other way.
  assert.deepEqual(walk([[0.9, 0.4], [0.9, 0.6], [0.5, 0.6], [0.5, 0.4]]), ["out"]);
});

Deno.test("createLine() keeps objects apart, sums up, and writes events as they go out", () => {
  const line = createLine(door);
  line.update([person([0.3, 0.4], 1), person([0.6, 0.6], 2), person([0.7, 0.4], 3)], 0);
  const events = line.update([person([0.6, 0.4], 2), person([0.3, 0.6], 1)], 100);
  assert.deepEqual(events, [
    { type: "line_crossed", line: "door", track_id: 2, label: "person", direction: "out" },
    { type: "line_crossed", line: "door", track_id: 1, label: "person", direction: "in" },
  ]);
  assert.deepEqual(line.counts, { in: 1, out: 1 });
});

Deno.test("createLine() goes on after an object was hidden, but not for ever", () => {
  const line = createLine(door);
  line.update([person([0.5, 0.4], 1), person([0.5, 0.4], 2)], 0);
  line.update([], 1000);
  assert.equal(line.update([person([0.5, 0.6], 1)], 2000).length, 1);
  line.update([], 70_000);
  assert.deepEqual(line.update([person([0.5, 0.6], 2)], 70_100), []);
});

Deno.test("createLine() forgets where objects were when the clock goes back", () => {
  const line = createLine(door);
  line.update([person([0.5, 0.4])], 90_000);
  assert.deepEqual(line.update([person([0.5, 0.6])], 0), []);
});

Deno.test("createLine() refuses what cannot be a line", () => {
  const point: Point = [0.5, 0.5];
  assert.throws(() => createLine({ name: "door", points: [point, point] }), {
    name: "RangeError",
    message: "Cannot make line door: its length is 0, it must be above 0",
  });
  assert.throws(() => createLine({ ...door, margin: 1 }), {
    name: "RangeError",
    message: "Cannot make line door: margin is 1, allowed is 0 to below 1",
  });
  const cases: [options: object, what: string][] = [
    [
      { direction: "in" },
      '"direction" is no option, there are name, points, directions, anchor, margin',
    ],
    [{ points: undefined }, "points is missing, it must be a list of points [x, y]"],
    [{ points: [[0, 0], [0.5, 0.5], [1, 1]] }, "it has 3 points, it needs 2"],
    [{ anchor: "middle" }, 'anchor is "middle", allowed is bottom or center'],
  ];
  for (const [options, what] of cases) {
    assert.throws(() => createLine({ ...door, ...options } as LineOptions), {
      message: `Cannot make line door: ${what}`,
    });
  }
});

Deno.test("createLine() sums up crossings of each direction", () => {
  const line = createLine(door);
  for (let at = 0; at < 6; at++) {
    line.update([person([0.5, at % 2 === 0 ? 0.4 : 0.6])], 100 * at);
  }
  assert.deepEqual(line.counts, { in: 3, out: 2 });
});

Deno.test("createLine() counts from just its margin on, and forgets who was unseen for more than a minute", () => {
  assert.deepEqual(walk([[0.5, 0.25], [0.5, 0.625]], { margin: 0.125 }), ["in"]);
  assert.deepEqual(walk([[0.5, 0.25], [0.5, 0.62]], { margin: 0.125 }), []);
  for (const [ms, events] of [[60_000, 1], [60_001, 0]] as const) {
    const line = createLine(door);
    line.update([person([0.5, 0.4])], 0);
    line.update([], ms);
    assert.equal(line.update([person([0.5, 0.6])], ms).length, events);
  }
});

Deno.test("createLine() refuses a line without an end", () => {
  for (const end of [[Infinity, 0], [NaN, 0]] as const) {
    assert.throws(() => createLine({ name: "l", points: [[0, 0], end] }), RangeError);
  }
});
