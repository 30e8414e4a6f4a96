import { deepEqual, equal } from "node:assert/strict";
import { frameAt, personAt, run, sceneOf } from "../../tests/support/scenes.ts";

Deno.test("Scene puts events of zones and lines into the analysis, by label and direction", () => {
  const scene = sceneOf({
    objects: { min_frames: 1 },
    zones: [{
      name: "yard",
      polygon: [[0, 0.5], [1, 0.5], [1, 1], [0, 1]],
      labels: ["person"],
      enter_after_ms: 0,
      dwell_ms: 300,
    }],
    lines: [
      { name: "down", points: [[0, 0.4], [1, 0.4]], direction: "right" },
      { name: "up", points: [[0, 0.4], [1, 0.4]], direction: "left" },
    ],
  });
  const events = Array.from(
    { length: 12 },
    (_, step) =>
      scene.update(frameAt(step), { detections: [personAt(0.4, Math.min(0.4, step * 0.05))] })
        .analysis.events ?? [],
  ).flat();
  deepEqual(events.map(({ type, zone, line }) => [type, zone ?? line]), [
    ["line_crossed", "down"],
    ["zone_entered", "yard"],
    ["zone_dwelled", "yard"],
  ]);
  const { annotations } = scene.update(frameAt(12), {}).analysis;
  equal(annotations?.length, 3);
});

Deno.test("Scene ends stays in zones with the frame that showed them last", () => {
  const scene = sceneOf({
    objects: { min_frames: 1 },
    zones: [{ name: "yard", polygon: [[0, 0], [1, 0], [1, 1], [0, 1]], enter_after_ms: 0 }],
  });
  run(scene, [[], [personAt(0.4)]]);
  const [left, ended] = scene.close("removed");
  deepEqual([left?.type, left?.zone, left?.reason, left?.sequence, left?.at, left?.closes?.key], [
    ...["zone_left", "yard", "removed", 1, "2026-11-29T10:00:00.100Z"],
    "zone_entered door yard 1",
  ]);
  equal(ended?.type, "object_ended");
});

Deno.test("Scene shows its zones and lines beside what the use case draws", () => {
  const polygon = [[0, 0], [1, 0], [1, 1]];
  const points = [[0, 0.5], [1, 0.5]];
  const scene = sceneOf({ zones: [{ name: "z", polygon }], lines: [{ name: "l", points }] });
  const own = { kind: "polyline" as const, points: [[0, 0] as const] };
  const { analysis } = scene.update(frameAt(0), { detections: [], annotations: [own] });
  deepEqual(analysis.annotations, [
    own,
    { kind: "polyline", points: polygon, closed: true },
    { kind: "polyline", points },
  ]);
});

Deno.test("Scene lets no object enter a zone whose label is not the zone's, and gives no reason that there is not", () => {
  const polygon = [[0, 0], [1, 0], [1, 1], [0, 1]];
  const zones = [{ name: "yard", polygon, labels: ["person"], enter_after_ms: 0 }];
  const scene = sceneOf({ zones, objects: { min_frames: 1, lost_after_ms: 100 } });
  const dog = personAt(0.4, 0.2, { label: "dog" });
  deepEqual(scene.update(frameAt(0), { detections: [dog] }).analysis.events, []);
  const [ended] = scene.update(frameAt(2), { detections: [] }).drafts;
  deepEqual([ended?.type, ended !== undefined && "reason" in ended], ["object_ended", false]);
});

const everywhere = [[0, 0], [1, 0], [1, 1], [0, 1]];

Deno.test("Scene ends a stay of an object that has ended before it", () => {
  const zones = [{ name: "yard", polygon: everywhere, enter_after_ms: 0, leave_after_ms: 60_000 }];
  const scene = sceneOf({ zones, objects: { min_frames: 1, lost_after_ms: 200 } });
  run(scene, [[personAt(0.4)], [], [], []]);
  const [left, ...more] = scene.close("removed");
  deepEqual([left?.type, left?.sequence, more.length], ["zone_left", null, 0]);
});

Deno.test("Scene tells who crosses a line either way, where it is for both, and for that label", () => {
  const line = { name: "gate", points: [[0.5, 0], [0.5, 1]], labels: ["person"] };
  const crossings = (label: string) => {
    const scene = sceneOf({ lines: [line], objects: { min_frames: 1 } });
    const there = Array.from({ length: 12 }, (_, step) => 0.2 + step * 0.05);
    return [...there, ...there.toReversed()].flatMap((x, index) => {
      const detections = [personAt(x, 0.2, { label })];
      return scene.update(frameAt(index), { detections }).analysis.events!;
    }).length;
  };
  deepEqual([crossings("person"), crossings("dog")], [2, 0]);
});
