/** Ground truth and detections of made-up scenes, the same on every run. */

import type { Box, Detection } from "../src/frame/analysis.ts";
import { iou } from "../src/helpers/iou.ts";
import type { Identified } from "./tracking_score.ts";

/** What a scene is like. Lengths are fractions of the picture. */
export interface SceneOptions {
  readonly name: string;
  readonly seed: number;
  readonly objects: number;
  readonly durationS: number;
  readonly fps: number;
  /** Standard deviation of each edge of a detection, in box sizes. */
  readonly boxNoise: number;
  /** Share of objects that the detector overlooks in a frame although nothing hides them. */
  readonly missRate: number;
  /** False detections in a frame, on average. */
  readonly falsePositives: number;
  /** Share of frames that never reach the tracker, singly and in gaps of up to half a second. */
  readonly dropRate: number;
  /** Upright walls that hide what passes behind them. */
  readonly walls: number;
  /** How strongly objects turn and change speed; 0 walks straight. */
  readonly wander: number;
}

/** One frame of a scene. */
export interface SceneFrame {
  readonly ptsMs: number;
  readonly truth: readonly Identified[];
  readonly detections: readonly Detection[];
}

/** A walker: where its feet are, in fractions of the picture, and where it is heading. */
interface Walker {
  readonly id: number;
  x: number;
  y: number;
  speed: number;
  heading: number;
  readonly tall: number;
  readonly slim: number;
}

/** Below this visible share the detector sees nothing. */
const leastVisible = 0.2;

/** Walks the scene through and returns the frames that were not dropped. */
export function makeScene(options: SceneOptions): SceneFrame[] {
  const random = makeRandom(options.seed);
  const walls: Box[] = Array.from({ length: options.walls }, (_, at) => ({
    x: (at + 0.4 + 0.2 * random()) / options.walls,
    y: 0,
    width: 0.04,
    height: 1,
  }));
  let lastId = 0;
  const enter = (anywhere: boolean): Walker => {
    const fromLeft = random() < 0.5;
    return {
      id: ++lastId,
      x: anywhere ? random() : fromLeft ? 0 : 1,
      y: 0.35 + 0.6 * random(),
      speed: 0.05 + 0.1 * random(),
      heading: (fromLeft ? 0 : Math.PI) + (random() - 0.5),
      tall: 0.85 + 0.3 * random(),
      slim: 0.18 + 0.08 * random(),
    };
  };
  const walkers = Array.from({ length: options.objects }, () => enter(true));
  const frames: SceneFrame[] = [];
  let gapEndsAtMs = 0;
  for (let frame = 0; frame < options.durationS * options.fps; frame++) {
    const ptsMs = frame * 1000 / options.fps;
    walkers.forEach((walker, at) => {
      step(walker, 1 / options.fps, options.wander, random);
      if (walker.x < -0.05 || walker.x > 1.05) walkers[at] = enter(false);
    });
    const truth = walkers.map((walker) => ({ id: walker.id, box: boxOf(walker) }));
    const detections = detect(truth, walls, options, random);
    // A third of the lost frames are lost one by one, the rest in gaps of a quarter second or so.
    const gapMs = 500 * random();
    const gapChance = options.dropRate * 2 / 3 / (options.fps * 0.25);
    if (random() < gapChance) gapEndsAtMs = ptsMs + gapMs;
    if (random() < options.dropRate / 3 || ptsMs < gapEndsAtMs) continue;
    frames.push({ ptsMs, truth, detections });
  }
  return frames;
}

function step(walker: Walker, seconds: number, wander: number, random: () => number): void {
  walker.heading += wander * gauss(random) * Math.sqrt(seconds);
  const change = 0.08 * wander * gauss(random) * Math.sqrt(seconds);
  walker.speed = Math.min(0.2, Math.max(0.01, walker.speed + change));
  // What is farther up the picture is farther away, smaller and slower.
  const near = 0.4 + 0.6 * walker.y;
  walker.x += Math.cos(walker.heading) * walker.speed * near * seconds;
  walker.y += Math.sin(walker.heading) * walker.speed * near * seconds;
  if (walker.y < 0.35 || walker.y > 0.98) {
    walker.heading = -walker.heading;
    walker.y = Math.min(0.98, Math.max(0.35, walker.y));
  }
}

function boxOf({ x, y, tall, slim }: Walker): Box {
  const height = tall * (0.06 + 0.24 * (y - 0.3));
  return { x: x - slim * height, y: y - height, width: 2 * slim * height, height };
}

/** What a detector would report: the less it sees of an object, the less it is sure of it. */
function detect(
  truth: readonly Identified[],
  walls: readonly Box[],
  { boxNoise, missRate, falsePositives }: SceneOptions,
  random: () => number,
): Detection[] {
  const found: Detection[] = [];
  const report = (box: Box, confidence: number) =>
    found.push({ label: "person", labelId: 0, confidence, box });
  for (const { box } of truth) {
    // Nearer objects stand lower in the picture and hide those behind them.
    const nearer = truth.filter((other) => bottom(other.box) > bottom(box));
    const visible = visibleShare(box, [...walls, ...nearer.map((other) => other.box)]);
    const noise = () => boxNoise * gauss(random) * (2 - visible);
    const [left, top, wider, taller] = [noise(), noise(), noise(), noise()];
    const confidence = Math.min(0.99, 0.15 + 0.75 * visible + 0.06 * gauss(random));
    if (random() < missRate || visible < leastVisible || confidence < 0.05) continue;
    report({
      x: box.x + left * box.width,
      y: box.y + top * box.height,
      width: box.width * (1 + wider),
      height: box.height * (1 + taller),
    }, confidence);
  }
  for (let left = falsePositives; random() < left; left--) {
    const height = 0.05 + 0.15 * random();
    const box = { x: random(), y: 0.3 + 0.5 * random(), width: 0.4 * height, height };
    report(box, 0.1 + 0.6 * random() ** 2);
  }
  // One object must not be reported twice, nor two that look like one: what NMS would do.
  return found.toSorted((a, b) => b.confidence - a.confidence).filter((detection, at, sorted) =>
    !sorted.slice(0, at).some((other) => iou(other.box, detection.box) > 0.7)
  );
}

/** Share of a box that none of the others covers, by a grid of points. */
function visibleShare(box: Box, others: readonly Box[]): number {
  const near = others.filter((other) => iou(other, box) > 0);
  if (near.length === 0) return 1;
  const steps = 8;
  let visible = 0;
  for (let at = 0; at < steps * steps; at++) {
    const x = box.x + box.width * (at % steps + 0.5) / steps;
    const y = box.y + box.height * (Math.floor(at / steps) + 0.5) / steps;
    const hidden = near.some((other) =>
      other.x <= x && x <= other.x + other.width && other.y <= y && y <= bottom(other)
    );
    if (!hidden) visible++;
  }
  return visible / steps ** 2;
}

function bottom({ y, height }: Box): number {
  return y + height;
}

/** Numbers of 0…1 that are the same for the same seed (a 32-bit Weyl sequence, well mixed). */
function makeRandom(seed: number): () => number {
  let state = seed;
  return function nextRandom() {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** A normally distributed number, by Box and Muller. */
function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
