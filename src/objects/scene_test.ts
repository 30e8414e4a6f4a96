import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import type { EventDraft } from "../events/event.ts";
import { EventStore } from "../events/event_store.ts";
import type { Detection } from "../frame/analysis.ts";
import type { Scene } from "./scene.ts";
import { frameAt, personAt, run, sceneOf } from "../../tests/support/scenes.ts";

Deno.test("Scene does not say that nothing was found for a use case that does not look", () => {
  const scene = sceneOf();
  const { analysis } = scene.update(frameAt(0), { events: [{ type: "rained" }] });
  equal("detections" in analysis, false);
  deepEqual(scene.update(frameAt(1), { detections: [] }).analysis.detections, []);
});

Deno.test("Scene tells of an object once it is no flicker, and that it went", () => {
  const scene = sceneOf({}, 41);
  const walk = Array.from({ length: 10 }, (_, step) => [personAt(0.1 + step * 0.02)]);
  const flicker = [[personAt(0.1), personAt(0.7)], ...walk.slice(1)];
  const started = run(scene, flicker);
  deepEqual(started.map(({ type, object }) => [type, object?.id, object?.label]), [
    ["object_started", 41, "person"],
  ]);
  equal(started[0]?.at, "2026-11-29T10:00:00.200Z");
  const empty = Array.from({ length: 30 }, () => []);
  const ended = run(scene, empty, 10);
  equal(ended.length, 1);
  const [end] = ended;
  equal(end?.type, "object_ended");
  equal(end?.at, "2026-11-29T10:00:00.900Z", "when it was seen last");
  equal(end?.reason, undefined);
  deepEqual(end?.data?.["labels"], { person: 8 });
  const path = end?.data?.["path"] as { ms: number; x: number }[];
  deepEqual(path.map(({ ms }) => ms), [0, 700], "a straight way has two points");
  ok(path[0]!.x < path[1]!.x);
});

Deno.test("Scene gives the record track numbers, and leaves alone what does not count", () => {
  const mask = [[0.6, 0], [1, 0], [1, 1], [0.6, 1]];
  const scene = sceneOf({ objects: { labels: ["person"], masks: [mask], min_frames: 1 } });
  const dog = personAt(0.3, 0.2, { label: "dog" });
  const found = [personAt(0.1), dog, personAt(0.8)];
  const { analysis } = scene.update(frameAt(0), { detections: found, data: 7 });
  deepEqual(analysis.detections?.map(({ trackId }) => trackId), [1, undefined, undefined]);
  equal(analysis.data, 7);
});

Deno.test("Scene follows the 200 surest of a frame, whatever gives the numbers", () => {
  const many = Array.from({ length: 3000 }, (_, index) => {
    const box = { x: (index % 60) / 60, y: Math.floor(index / 60) / 50, width: 0.01, height: 0.01 };
    return personAt(0, 0, { box, confidence: 0.5 + index / 10_000 });
  });
  const scene = sceneOf({ objects: { min_frames: 1 } });
  const followed = scene.update(frameAt(0), { detections: many }).analysis.detections!
    .map(({ trackId }) => trackId !== undefined);
  equal(followed.length, 3000);
  deepEqual(followed, many.map((_, index) => index >= 2800));
  const own = many.map((detection, index) => ({ ...detection, trackId: index + 1 }));
  const { drafts } = sceneOf({ objects: { min_frames: 1 } })
    .update(frameAt(0), { detections: own });
  equal(drafts.length, 200);
});

Deno.test("Scene knows objects as a use case does that follows by itself, by numbers of its own", () => {
  const scene = sceneOf();
  const frames = Array.from({ length: 3 }, () => [personAt(0.1, 0.2, { trackId: 900 })]);
  deepEqual(run(scene, frames).map(({ object }) => object?.id), [1]);
  const told = { type: "alarm", track_id: 900, level: 3 };
  const { own, analysis } = scene.update(frameAt(3), { detections: frames[0]!, events: [told] });
  deepEqual(own, [{ ...told, track_id: 1 }]);
  deepEqual(analysis.events, own);
  equal(analysis.detections?.[0]?.trackId, 1);
  // It was started again, and counts anew.
  scene.forgetNumbers();
  equal(scene.update(frameAt(4), { detections: frames[0]! }).analysis.detections?.[0]?.trackId, 2);
});

Deno.test("Scene tells a better picture, another place and a rest, but not at every frame", () => {
  const scene = sceneOf({
    objects: { update_every_ms: 1000, stationary_after_ms: 2000 },
    zones: [{ name: "yard", polygon: [[0, 0], [1, 0], [1, 1], [0, 1]] }],
  });
  const still = Array.from({ length: 60 }, () => [personAt(0.4)]);
  const told = run(scene, still);
  deepEqual(told.map(({ type, data }) => [type, data?.["stationary"], data?.["zones"]]), [
    ["object_started", false, ["yard"]],
    ["object_updated", true, ["yard"]],
  ]);
  const near = { x: 0.38, y: 0.18, width: 0.16, height: 0.36 };
  const [better] = run(scene, [[personAt(0, 0, { box: near })]], 60);
  deepEqual(better?.data?.["best"], { sequence: 60, confidence: 0.9, box: near });
});

Deno.test("Scene keeps the books over any schedule of coming, going, gaps and ends", () => {
  const person = fc.record({
    id: fc.integer({ min: 0, max: 3 }),
    x: fc.double({ min: 0, max: 0.9, noNaN: true }),
  });
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.array(person, { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom("gap" as const, "close" as const) },
  );
  const zones = [{ name: "left", polygon: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]] }];
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.boolean(), (steps, ownIds) => {
      using store = new EventStore(":memory:");
      const scene = sceneOf({ zones, objects: { min_frames: 2, lost_after_ms: 500 } });
      let ptsMs = 0;
      const told: EventDraft[] = [];
      const tell = (drafts: readonly EventDraft[]) => {
        told.push(...drafts);
        store.append(drafts);
      };
      for (const [sequence, what] of steps.entries()) {
        ptsMs += what === "gap" ? 5000 : 100;
        if (what === "gap") continue;
        if (what === "close") {
          tell(scene.close("test"));
          deepEqual(store.openKeys(), []);
          continue;
        }
        const unique = [...new Map(what.map((one) => [one.id, one])).values()];
        const detections = unique.map(({ id, x }) =>
          personAt(x, 0.2, ownIds ? { trackId: id + 1 } : {})
        );
        tell(scene.update(frameAt(sequence, ptsMs), { detections }).drafts);
      }
      tell(scene.close("test"));
      deepEqual(store.openKeys().filter((key) => key.startsWith("object")), []);
      const count = (type: string) => told.filter((draft) => draft.type === type).length;
      equal(count("object_started"), count("object_ended"));
    }),
    { numRuns: 150 },
  );
});

Deno.test("Scene takes an object for sure by sightings, by time and by its best confidence", () => {
  const sure = (objects: object, frames: readonly (readonly Detection[])[]) =>
    run(sceneOf({ objects }), frames).map(({ type, at }) => `${type} ${at.slice(20, 23)}`);
  const still = (count: number, confidence = 0.9) =>
    Array.from({ length: count }, () => [personAt(0.4, 0.2, { confidence })]);
  deepEqual(sure({ min_frames: 1, min_ms: 300 }, still(3)), []);
  deepEqual(sure({ min_frames: 1, min_ms: 300 }, still(4)), ["object_started 000"]);
  deepEqual(sure({ min_frames: 1, min_confidence: 0.9 }, still(1, 0.9)), ["object_started 000"]);
  deepEqual(sure({ min_frames: 1, min_confidence: 0.91 }, still(5, 0.9)), []);
});

Deno.test("Scene lets an object go once it was not seen for so long, with a reason where it is ended", () => {
  const scene = sceneOf({ objects: { min_frames: 1, lost_after_ms: 500 } });
  run(scene, [[personAt(0.4)]]);
  deepEqual(run(scene, [[], [], [], []], 1), []);
  deepEqual(run(scene, [[]], 5).map(({ type }) => type), ["object_ended"]);
  run(scene, [[personAt(0.4)]], 6);
  const [ended, ...more] = scene.close("test");
  deepEqual([ended?.type, ended?.reason, ended?.sequence, more.length], [
    "object_ended",
    "test",
    6,
    0,
  ]);
  deepEqual(scene.close("test"), []);
});

Deno.test("Scene tells all of an object: where, how sure, and what it was taken for", () => {
  const scene = sceneOf({ objects: { min_frames: 2 } });
  const cat = personAt(0.4, 0.2, { label: "cat", confidence: 0.666666 });
  const [started] = run(scene, [[personAt(0.4)], [personAt(0.4)], [cat]]);
  deepEqual(started, {
    type: "object_started",
    at: "2026-11-29T10:00:00.100Z",
    stream: "door",
    use_case: "detector",
    sequence: 1,
    object: {
      ...{ id: 1, label: "person", confidence: 0.9 },
      box: { x: 0.4, y: 0.2, width: 0.1, height: 0.3 },
    },
    data: {
      ...{ stationary: false, zones: [], top_confidence: 0.9 },
      best: { sequence: 1, confidence: 0.9, box: { x: 0.4, y: 0.2, width: 0.1, height: 0.3 } },
    },
    opens: { key: "object_started door 1", endsAs: "object_ended" },
  });
  run(scene, [[cat], [cat]], 3);
  const [ended] = scene.close("test");
  deepEqual(ended?.data?.["labels"], { person: 1, cat: 3 });
  deepEqual([ended?.object?.label, ended?.object?.confidence], ["cat", 0.66667]);
  equal(ended?.closes?.key, "object_started door 1");
});

Deno.test("Scene tells a change no sooner than it may, and the newest place of all changes", () => {
  const scene = sceneOf({
    objects: { min_frames: 1, update_every_ms: 500 },
    zones: [
      { name: "left", polygon: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]], enter_after_ms: 0 },
      { name: "right", polygon: [[0.5, 0], [1, 0], [1, 1], [0.5, 1]], enter_after_ms: 0 },
    ],
  });
  const own = (x: number) => [personAt(x, 0.2, { trackId: 4 })];
  const told = run(scene, [own(0.2), own(0.7), own(0.7), own(0.7), own(0.7), own(0.7), own(0.7)]);
  deepEqual(told.map(({ type, sequence, data }) => [type, sequence, data?.["zones"]]), [
    ["object_started", 0, ["left"]],
    ["object_updated", 5, ["left", "right"]],
  ]);
});

Deno.test("Scene follows what is hardly seen, but begins nothing with it", () => {
  const scene = sceneOf({ objects: { min_frames: 1, min_confidence: 0.05 } });
  const seen = (confidence: number, sequence: number) =>
    scene.update(frameAt(sequence), {
      detections: [personAt(0.4, 0.2, { confidence, trackId: 5 })],
    }).analysis.detections?.[0]?.trackId;
  // What counts for nothing keeps the number that the use case gave it.
  deepEqual([seen(0.05, 0), seen(0.049, 1)], [1, 5]);
});

Deno.test("Scene measures how long an object was there by the stream's clock, wherever that begins", () => {
  const scene = sceneOf({ objects: { min_frames: 1, min_ms: 300 } });
  const still = Array.from({ length: 4 }, () => [personAt(0.4)]);
  deepEqual(run(scene, still, 100).map(({ at }) => at), ["2026-11-29T10:00:10.000Z"]);
  deepEqual(run(sceneOf({ objects: { min_frames: 1, min_ms: 301 } }), still, 100), []);
});

Deno.test("Scene keeps the numbers of others when one object ends", () => {
  const scene = sceneOf({ objects: { min_frames: 1, lost_after_ms: 200 } });
  const [a, b] = [personAt(0.1, 0.2, { trackId: 10 }), personAt(0.7, 0.2, { trackId: 20 })];
  run(scene, [[a, b], [a], [a]]);
  const { analysis } = scene.update(frameAt(3), { detections: [a, b] });
  deepEqual(analysis.detections?.map(({ trackId }) => trackId), [1, 3]);
});

Deno.test("Scene calls that picture best which is nearer behind its key frame, if another is hardly better", () => {
  const bestOf = (...seen: readonly (readonly [size: number, sinceKeyMs: number])[]) => {
    const scene = sceneOf({ objects: { min_frames: 1, min_ms: 0, lost_after_ms: 100 } });
    for (const [index, [size, sinceKeyMs]] of seen.entries()) {
      const box = { x: 0.2, y: 0.2, width: size, height: 0.5 };
      const person = { label: "person", labelId: 0, confidence: 0.9, box };
      scene.update(frameAt(index), { detections: [person] }, sinceKeyMs);
    }
    const [ended] = scene.close("stop");
    return (ended!.data!["best"] as { readonly sequence: number }).sequence;
  };
  equal(bestOf([0.4, 0], [0.42, 1000], [0.41, 1960]), 0, "hardly better, and far behind it");
  equal(bestOf([0.4, 0], [0.43, 1000]), 1, "better");
  equal(bestOf([0.4, 1960], [0.38, 40]), 1, "hardly worse, and near");
  equal(bestOf([0.4, 60_000], [0.35, 40]), 0, "however far it is behind, it costs a tenth");
  equal(bestOf([0.4, 40], [0.4, 80]), 0, "the first of equal ones");
});

Deno.test("Scene takes what changes its label for one object, whatever it was taken for", () => {
  const scene = sceneOf({ objects: { min_frames: 1 } });
  const frames = ["person", "dog", "person"].map((label) => [personAt(0.4, 0.2, { label })]);
  run(scene, frames);
  const [ended, ...more] = scene.close("test");
  deepEqual([ended?.data?.["labels"], more.length], [{ person: 2, dog: 1 }, 0]);
});

Deno.test("Scene knows the best frames of the objects that are there, and not of a flicker", () => {
  const scene = sceneOf({ objects: { min_frames: 1, min_ms: 100 } });
  run(scene, [[personAt(0.1)], [personAt(0.1), personAt(0.7)]]);
  deepEqual([...scene.best()], [0]);
});

Deno.test("Scene follows nothing by itself where a use case does, and numbers new objects in their order", () => {
  const idsOf = (...detections: Detection[]) =>
    sceneOf({ objects: { min_frames: 1 } }).update(frameAt(0), { detections }).analysis.detections!
      .map(({ trackId }) => trackId);
  deepEqual(idsOf(personAt(0.1, 0.2, { trackId: 10 }), personAt(0.7)), [1, undefined]);
  deepEqual(idsOf(personAt(0.1, 0.2, { confidence: 0.6 }), personAt(0.7)), [1, 2]);
});

Deno.test("Scene begins no object with what a use case follows and is not sure of", () => {
  const unsure = personAt(0.4, 0.2, { trackId: 10, confidence: 0.2 });
  const scene = sceneOf({ objects: { min_frames: 1, min_ms: 0, min_confidence: 0.5 } });
  deepEqual(run(scene, [[unsure], [unsure]]), []);
});

/** Numbers that events have for those of a use case. */
function numbersOf(scene: Scene, sequence: number, theirs: readonly number[]): unknown[] {
  const events = theirs.map((track_id) => ({ type: "seen", track_id }));
  return scene.update(frameAt(sequence), { events }).own.map(({ track_id }) => track_id);
}

Deno.test("Scene remembers ten thousand numbers of a use case, those that it said last", () => {
  const scene = sceneOf();
  numbersOf(scene, 0, Array.from({ length: 10_000 }, (_, index) => index));
  deepEqual(numbersOf(scene, 1, [0]), [1]);
  deepEqual(numbersOf(scene, 2, [10_000, 1, 0]), [10_001, 10_002, 1]);
  deepEqual(scene.update(frameAt(3), { events: [{ type: "rained" }] }).own, [{ type: "rained" }]);
});

Deno.test("Scene forgets the number of the object that ended, and no other", () => {
  const scene = sceneOf({ objects: { min_frames: 1, lost_after_ms: 200 } });
  deepEqual(numbersOf(scene, 0, [77]), [1]);
  run(scene, [[personAt(0.4, 0.2, { trackId: 10 })], [], [], []], 1);
  deepEqual(numbersOf(scene, 5, [77, 10]), [1, 3]);
});

Deno.test("Scene tells a change no sooner than it may, whenever the stream's clock began", () => {
  const half = [[0.5, 0], [1, 0], [1, 1], [0.5, 1]];
  const scene = sceneOf({
    objects: { min_frames: 1, min_ms: 0, update_every_ms: 1000 },
    zones: [{ name: "right", polygon: half, enter_after_ms: 0 }],
  });
  const walk = Array.from({ length: 15 }, (_, step) => {
    return [personAt(Math.min(0.4 + step * 0.05, 0.6), 0.2, { trackId: 1 })];
  });
  const told = run(scene, walk, 100).map(({ type, sequence }) => [type, sequence]);
  deepEqual(told, [["object_started", 100], ["object_updated", 110]]);
});
