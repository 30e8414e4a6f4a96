import { deepEqual } from "node:assert/strict";
import type { SightlineEvent } from "../events/event.ts";
import { SceneReplay } from "./replay_scene.ts";
import { sceneConfig, sceneSettings } from "./settings.ts";

function scene(given: Readonly<Record<string, unknown>>) {
  const parse = (name: keyof typeof sceneSettings) =>
    given[name] === undefined ? {} : { [name]: sceneSettings[name].schema.parse(given[name]) };
  return sceneConfig({ track: true, ...parse("zones"), ...parse("lines"), ...parse("objects") })!;
}

/** Walks from left to right within two seconds; its feet are at 0.6. */
function walk(label = "person", y = 0.5): SightlineEvent {
  return {
    id: "0",
    type: "object_ended",
    at: "2026-11-29T10:00:00.000Z",
    stream: "door",
    use_case: "u",
    sequence: 1,
    object: { id: 1, label, confidence: 0.9, box: { x: 0, y: 0, width: 0.1, height: 0.2 } },
    data: { path: [{ ms: 0, x: 0.1, y }, { ms: 2000, x: 0.9, y }] },
  };
}

const half = [[0.5, 0.55], [1, 0.55], [1, 1], [0.5, 1]];

Deno.test("SceneReplay counts who would have entered, stayed and crossed", () => {
  const replay = new SceneReplay(scene({
    zones: [
      { name: "right", polygon: half, dwell_ms: 500 },
      { name: "cars", polygon: half, labels: ["car"] },
    ],
    lines: [
      { name: "middle", points: [[0.5, 0.9], [0.5, 0.1]] },
      { name: "one way", points: [[0.5, 0.9], [0.5, 0.1]], direction: "left" },
    ],
  }));
  replay.add(walk());
  replay.add(walk("car", 0.2));
  replay.add({ ...walk(), data: {} });
  deepEqual(replay.counts, {
    objects: 2,
    ignored: 0,
    zones: { right: { entered: 1, dwelled: 1 }, cars: { entered: 0, dwelled: 0 } },
    lines: { middle: { left: 0, right: 2 }, "one way": { left: 0, right: 0 } },
  });
});

Deno.test("SceneReplay ignores what a mask hides, and labels that are not followed", () => {
  const replay = new SceneReplay(scene({
    objects: { masks: [[[0, 0.5], [1, 0.5], [1, 0.7], [0, 0.7]]], labels: ["person", "car"] },
    zones: [{ name: "all", polygon: [[0, 0], [1, 0], [1, 1], [0, 1]] }],
  }));
  replay.add(walk());
  replay.add(walk("dog", 0.8));
  replay.add(walk("car", 0.8));
  deepEqual(replay.counts.ignored, 2);
  deepEqual(replay.counts.zones, { all: { entered: 1, dwelled: 0 } });
});

Deno.test("SceneReplay follows a parked car for an hour in few steps", () => {
  const replay = new SceneReplay(scene({
    zones: [{ name: "all", polygon: [[0, 0], [1, 0], [1, 1], [0, 1]], dwell_ms: 60_000 }],
  }));
  const path = [{ ms: 0, x: 0.5, y: 0.5 }, { ms: 3_600_000, x: 0.5, y: 0.5 }];
  replay.add({ ...walk("car"), data: { path } });
  deepEqual(replay.counts.zones, { all: { entered: 1, dwelled: 1 } });
});

/** A zone of the place where the middle of an object is at one moment. */
function spot(x: number, y: number) {
  const [left, right, top, bottom] = [x - 0.02, x + 0.02, y - 0.02, y + 0.02];
  return {
    name: `${x} ${y}`,
    polygon: [[left, top], [right, top], [right, bottom], [left, bottom]],
    anchor: "center",
    enter_after_ms: 0,
  };
}

function along(path: unknown): SightlineEvent {
  return { ...walk(), data: { path } };
}

Deno.test("SceneReplay follows a way from point to point in steps of 100 ms, whenever it began", () => {
  const path = [
    { ms: 1_000_000, x: 0.1, y: 0.2 },
    { ms: 1_001_000, x: 0.9, y: 0.2 },
    // What is no place is left out.
    { ms: 1_001_500, x: null, y: 0.2 },
    { ms: 1_002_000, x: 0.9, y: 0.8 },
    { ms: 1_003_000, x: 0.1, y: 0.4 },
  ];
  const met = [[0.1, 0.2], [0.5, 0.2], [0.9, 0.2], [0.9, 0.5], [0.9, 0.8], [0.5, 0.6], [0.1, 0.4]];
  // Between two steps, and beside the way.
  const missed = [[0.54, 0.2], [0.1, 0.3], [0.5, 0.3], [0.5, 0.5]];
  const zones = [...met, ...missed].map(([x, y]) => spot(x!, y!));
  const replay = new SceneReplay(scene({ zones }));
  replay.add(along(path));
  const entered = Object.values(replay.counts.zones).map(({ entered }) => entered);
  deepEqual(entered, [...met.map(() => 1), ...missed.map(() => 0)]);
});

Deno.test("SceneReplay takes a way of one point, and nothing without any", () => {
  const replay = new SceneReplay(scene({ zones: [spot(0.5, 0.5)] }));
  const { data: _data, ...bare } = walk();
  const { object: _object, ...strange } = walk();
  replay.add(bare);
  replay.add(strange);
  for (const path of ["a way", [], [null], [{ ms: 0, x: "0.5", y: 0.5 }]]) replay.add(along(path));
  deepEqual(replay.counts.objects, 0);
  replay.add(along([{ ms: 7, x: 0.5, y: 0.5 }]));
  deepEqual(replay.counts, {
    objects: 1,
    ignored: 0,
    zones: { "0.5 0.5": { entered: 1, dwelled: 0 } },
    lines: {},
  });
});

Deno.test("SceneReplay hides an object while its feet are in a mask, and ignores it if they always are", () => {
  const counts = (left: number, right: number, y: number) => {
    const replay = new SceneReplay(scene({
      objects: { masks: [[[left, y], [right, y], [right, y + 0.04], [left, y + 0.04]]] },
      zones: [spot(0.18, 0.5), spot(0.82, 0.5)],
    }));
    replay.add(walk());
    const { ignored, zones } = replay.counts;
    return [ignored, ...Object.values(zones).map(({ entered }) => entered)];
  };
  deepEqual(counts(0.08, 0.92, 0.58), [1, 0, 0]);
  deepEqual(counts(0.08, 0.5, 0.58), [0, 0, 1]);
  deepEqual(counts(0, 0.92, 0.18), [0, 1, 1]);
});

Deno.test("SceneReplay counts a crossing for lines of its label and direction", () => {
  const points = [[0.5, 0.9], [0.5, 0.1]];
  const replay = new SceneReplay(scene({
    lines: [
      { name: "right", points, direction: "right" },
      { name: "people", points, labels: ["person"] },
      { name: "cars", points, labels: ["car"] },
    ],
  }));
  replay.add(walk());
  deepEqual(replay.counts.lines, {
    right: { left: 0, right: 1 },
    people: { left: 0, right: 1 },
    cars: { left: 0, right: 0 },
  });
});
