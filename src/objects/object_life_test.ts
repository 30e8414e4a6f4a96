import { deepEqual, equal, ok } from "node:assert/strict";
import type { Box } from "../frame/analysis.ts";
import { ObjectLife, type Sighting } from "./object_life.ts";

const middle: Box = { x: 0.4, y: 0.4, width: 0.2, height: 0.2 };

interface Given {
  readonly label?: string;
  readonly confidence?: number;
  readonly box?: Box;
  readonly sinceKeyMs?: number;
}

function seenAt(ptsMs: number, given: Given = {}): Sighting {
  const { label = "car", confidence = 0.5, box = middle, sinceKeyMs = 0 } = given;
  const detection = { label, labelId: 0, confidence, box };
  return { detection, ptsMs, sequence: ptsMs / 100, capturedAtMs: ptsMs, sinceKeyMs };
}

/** One that was seen every 100 ms, and rests after a second. */
function lifeOf(...given: readonly Given[]): ObjectLife {
  const sightings = given.map((one, index) => seenAt(index * 100, one));
  const life = new ObjectLife(7, sightings[0]!);
  for (const sighting of sightings) life.see(sighting, 1000);
  return life;
}

Deno.test("ObjectLife counts sightings, and is what most of them were", () => {
  const life = lifeOf({ label: "car" }, { label: "bus", confidence: 0.7 }, { label: "bus" });
  equal(life.label, "bus");
  deepEqual([life.id, life.sightings, life.topConfidence], [7, 3, 0.7]);
  deepEqual([...life.labels], [["car", 1], ["bus", 2]]);
  deepEqual([life.first.ptsMs, life.last.ptsMs], [0, 200]);
  equal(lifeOf({ label: "car" }, { label: "bus" }).label, "car");
  equal(new ObjectLife(1, seenAt(0, { label: "dog" })).label, "dog");
  const { started, stationary, changed, updatedAtMs } = life;
  deepEqual([started, stationary, changed, updatedAtMs], [false, false, false, -Infinity]);
});

Deno.test("ObjectLife is shown best large, sure, not cut off by an edge, and near its key frame", () => {
  const better: [than: Given, better: Given][] = [
    [{ confidence: 0.5 }, { confidence: 0.6 }],
    [{}, { box: { ...middle, width: 0.3 } }],
    [{}, { box: { ...middle, height: 0.3 } }],
    ...[{ x: 0.001 }, { y: 0.001 }, { x: 0.799 }, { y: 0.799 }].map((edge) => (
      [{ confidence: 0.9, box: { ...middle, ...edge } }, { confidence: 0.46 }] as [Given, Given]
    )),
    // It costs a tenth to be two seconds behind, and no more beyond that.
    [{ confidence: 0.54, sinceKeyMs: 1000 }, { confidence: 0.52 }],
    [{ confidence: 0.55, sinceKeyMs: 2000 }, { confidence: 0.5 }],
    [{ confidence: 0.5, sinceKeyMs: 9000 }, { confidence: 0.451 }],
  ];
  for (const [one, other] of better) {
    const words = JSON.stringify([one, other]);
    equal(lifeOf(one, other).best.ptsMs, 100, words);
    equal(lifeOf(other, one).best.ptsMs, 0, words);
  }
  const notCut = [{ x: 0.0011 }, { y: 0.0011 }, { x: 0.7989 }, { y: 0.7989 }];
  for (const edge of notCut) {
    equal(lifeOf({}, { confidence: 0.51, box: { ...middle, ...edge } }).best.ptsMs, 100);
  }
  equal(lifeOf({}, {}, {}).best.ptsMs, 0);
  equal(lifeOf({ sinceKeyMs: 500, confidence: 0.5 }, { confidence: 0.48 }).best.ptsMs, 0);
});

Deno.test("ObjectLife rests once its box has overlapped for so long with where it stood", () => {
  const stood = { x: 0, y: 0, width: 1, height: 1 };
  const nearly = { ...stood, width: 0.8 };
  const away = { ...stood, width: 0.79 };
  const still = (boxes: readonly Box[]) => {
    const life = new ObjectLife(1, seenAt(0, { box: boxes[0]! }));
    return boxes.map((box, index) => {
      life.see(seenAt(index * 500, { box }), 1000);
      return life.stationary;
    });
  };
  deepEqual(still([stood, stood, nearly, stood]), [false, false, true, true]);
  deepEqual(still([stood, stood, stood, away, away, away]), [
    ...[false, false, true, false, false, true],
  ]);
});

Deno.test("ObjectLife has changed when there is more to tell than was told", () => {
  const told = (then: Given, atMs = 100) => {
    const life = lifeOf({});
    life.see(seenAt(50, { confidence: 0.5 }), 1000);
    equal(life.changed, false);
    life.tell(60);
    deepEqual([life.started, life.changed, life.updatedAtMs], [true, false, 60]);
    for (const ms of [1, 2, 3]) life.see(seenAt(atMs + ms, then), 1000);
    return life.changed;
  };
  equal(told({}), false);
  equal(told({ label: "bus" }), true);
  equal(told({ confidence: 0.59 }), false);
  equal(told({ confidence: 0.61 }), true);
  equal(told({}, 1000), true);
  const life = lifeOf({});
  life.tell(0);
  life.see(seenAt(100, { confidence: 0.9 }), 1000);
  life.see(seenAt(200), 1000);
  // It stays so until it is told.
  equal(life.changed, true);
  life.tell(200);
  equal(life.changed, false);
  life.see(seenAt(300, { confidence: 0.9 }), 1000);
  equal(life.changed, false);
});

Deno.test("ObjectLife keeps its way in few points, however long it is", () => {
  const life = new ObjectLife(1, seenAt(0));
  for (let step = 0; step < 2000; step++) {
    const box = { ...middle, x: 0.4 + 0.3 * Math.sin(step / 20), y: (step % 600) / 1000 };
    life.see(seenAt(step * 100, { box }), 1000);
  }
  const { path } = life;
  ok(path.length > 2 && path.length <= 50, `${path.length}`);
  deepEqual([path[0]!.ptsMs, path.at(-1)!.ptsMs], [0, 199_900]);
  const moved = lifeOf({}, {}, { box: { ...middle, x: 0.6 } }).path;
  deepEqual(moved.map(({ ptsMs, at: [x] }) => [ptsMs, x.toFixed(2)]), [
    [0, "0.50"],
    [200, "0.70"],
  ]);
});
