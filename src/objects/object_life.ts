/** One object from its first sighting to its last. */

import type { Box, Detection } from "../frame/analysis.ts";
import { iou } from "../helpers/iou.ts";
import { anchorPoint } from "../helpers/point.ts";
import { type PathPoint, shortenPath } from "./simplify_path.ts";

/** A detection that shows it, and where in the stream. */
export interface Sighting {
  readonly detection: Detection;
  readonly ptsMs: number;
  readonly sequence: number;
  /** On the wall clock. */
  readonly capturedAtMs: number;
  /** Since the key frame from which decoding has to begin; 0 where that is not known. */
  readonly sinceKeyMs: number;
}

/** Points of a path that is told. */
const mostPoints = 50;
/** A hundredth of the picture is no way. */
const leastWay = 0.01;
/** The path is shortened while it grows, so that a parked car takes no memory. */
const pathBuffer = 500;
/** A box that overlaps so much with where it stood has not moved. */
const sameSpotIou = 0.8;

/** What is known of one object. */
export class ObjectLife {
  readonly id: number;
  readonly first: Sighting;
  /** Sightings by label. */
  readonly labels = new Map<string, number>();
  readonly zones = new Set<string>();
  sightings = 0;
  last: Sighting;
  /** The sighting that shows it best. */
  best: Sighting;
  topConfidence = 0;
  /** It was told that it is there. */
  started = false;
  stationary = false;
  updatedAtMs = -Infinity;
  /** Something has changed since it was told last. */
  changed = false;
  #told: { label: string; bestScore: number; stationary: boolean } | null = null;
  #spot: { readonly box: Box; readonly sinceMs: number };
  #path: PathPoint[] = [];

  constructor(id: number, first: Sighting) {
    this.id = id;
    this.first = this.last = this.best = first;
    this.#spot = { box: first.detection.box, sinceMs: first.ptsMs };
  }

  /** The label that most sightings had. */
  get label(): string {
    let [most, count] = [this.last.detection.label, 0];
    for (const [label, sightings] of this.labels) {
      if (sightings > count) [most, count] = [label, sightings];
    }
    return most;
  }

  /** Takes note of a sighting; `stationaryAfterMs` without moving makes it stationary. */
  see(sighting: Sighting, stationaryAfterMs: number): void {
    const { detection: { label, confidence, box }, ptsMs } = sighting;
    this.sightings++;
    this.labels.set(label, (this.labels.get(label) ?? 0) + 1);
    this.topConfidence = Math.max(this.topConfidence, confidence);
    this.last = sighting;
    if (worthOf(sighting) > worthOf(this.best)) this.best = sighting;
    if (iou(box, this.#spot.box) < sameSpotIou) this.#spot = { box, sinceMs: ptsMs };
    this.stationary = ptsMs - this.#spot.sinceMs >= stationaryAfterMs;
    this.#path.push({ ptsMs, at: anchorPoint(box, "center") });
    if (this.#path.length > pathBuffer) this.#path = this.path;
    const told = this.#told;
    this.changed ||= told !== null && (told.label !== this.label ||
      told.stationary !== this.stationary || scoreOf(this.best) > 1.2 * told.bestScore);
  }

  /** It was told as it is now. */
  tell(ptsMs: number): void {
    this.started = true;
    this.changed = false;
    this.updatedAtMs = ptsMs;
    const { label, stationary } = this;
    this.#told = { label, stationary, bestScore: scoreOf(this.best) };
  }

  /** Where it went, in few points. */
  get path(): PathPoint[] {
    return shortenPath(this.#path, mostPoints, leastWay);
  }
}

/** A picture is decoded from its key frame on; one that is so far behind it is worth a little less. */
const farMs = 2000;
const farCosts = 0.1;

/** Of pictures that show it nearly as well, that one is best which takes the least to decode. */
function worthOf(sighting: Sighting): number {
  return scoreOf(sighting) * (1 - farCosts * Math.min(1, sighting.sinceKeyMs / farMs));
}

/** How well a picture of it would show it: large, sure, and not cut off by the picture's edge. */
function scoreOf({ detection: { confidence, box } }: Sighting): number {
  const { x, y, width, height } = box;
  const isCut = x <= 0.001 || y <= 0.001 || x + width >= 0.999 || y + height >= 0.999;
  return confidence * width * height * (isCut ? 0.5 : 1);
}
