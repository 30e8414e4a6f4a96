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
