/** What the helpers cost a frame: `deno task bench helpers`. */

import type { Detection } from "../src/frame/analysis.ts";
import { createTracker, nms, softmax } from "../src/helpers/mod.ts";
import { makeScene } from "./tracking_scene.ts";

/** Boxes in heaps of ten around as many objects, as a detector's head puts them out. */
function makeBoxes(count: number, classes: number): Detection[] {
  return Array.from({ length: count }, (_, at) => {
    const heap = Math.floor(at / 10);
    const aside = at % 10 / 500;
    const box = { x: heap % 20 / 20 + aside, y: heap / 20 % 1, width: 0.06, height: 0.12 };
    const confidence = (at * 7919 % 1000) / 1000;
    return { label: "a", labelId: heap % classes, confidence, box };
  });
}

const thousand = makeBoxes(1000, 10);
const fiveThousand = makeBoxes(5000, 80);
const apart = makeBoxes(5000, 1).map((detection, at): Detection => ({
  ...detection,
  box: { x: at % 100 / 100, y: Math.floor(at / 100) / 50, width: 0.009, height: 0.019 },
}));

Deno.bench("nms, 1000 boxes of 10 classes", { group: "nms" }, () => {
  nms(thousand);
});
Deno.bench("nms, 1000 boxes, all classes together", { group: "nms" }, () => {
  nms(thousand, { perClass: false });
});
Deno.bench("nms, 5000 boxes of 80 classes", { group: "nms" }, () => {
  nms(fiveThousand);
});
Deno.bench("nms, 5000 boxes of one class, none overlaps (the worst)", { group: "nms" }, () => {
  nms(apart);
});

const scene = makeScene({
  name: "fifty",
  seed: 1,
  objects: 50,
  durationS: 8,
  fps: 25,
  boxNoise: 0.03,
  missRate: 0.02,
  falsePositives: 2,
  dropRate: 0,
  walls: 0,
  wander: 0.5,
});
const tracker = createTracker();
let frame = 0;

Deno.bench("tracker.update, 50 objects", { group: "tracker" }, () => {
  // At the end of the scene its clock goes back, and the tracker starts again.
  const { detections, ptsMs } = scene[frame++ % scene.length]!;
  tracker.update(detections, ptsMs);
});

const scores = Float32Array.from({ length: 1000 }, (_, at) => Math.sin(at) * 10);

Deno.bench("softmax, 1000 scores", { group: "softmax" }, () => {
  softmax(scores);
});
