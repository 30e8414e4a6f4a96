/** Checks the first answers of a model for a head that was misread. */

import type { Head } from "./head.ts";

/** Room for rounding, and for models of integers. */
const tolerance = 0.02;
/** Answers that are looked at from end to end; a head that is misread shows in each. */
const answersLookedAt = 5;
/** A box is no larger in fractions of the picture; in pixels some box is. */
const largestFraction = 1.5;
/** Boxes of a head that needs NMS; of fewer, all may happen to be small. */
const manyBoxes = 100;
/** Logarithms of sizes in cells; some box of a head that was decoded is far larger. */
const largestUndecoded = 12;
/** Radians that an angle does not exceed. */
const largestAngle = 3.3;

const fractions = "it looks like fractions 0…1 of the picture, as exports from TFLite have them";
const undecoded = "it looks like YOLOX' raw output, exported without its decoding " +
  "(decode_in_inference)";

/** Looks at the first answers, and refuses those that are no boxes with scores. */
export class FirstLook {
  #left = answersLookedAt;
  #verdict: TypeError | null = null;

  /** @throws {TypeError} naming what the numbers look like; the same for every frame. */
  check(head: Head): void {
    if (this.#left > 0) {
      this.#left--;
      const problem = problemOf(head);
      if (problem !== null) {
        this.#verdict ??= new TypeError(`the model's answer is misread: ${problem}`);
      }
    }
    if (this.#verdict !== null) throw this.#verdict;
  }

  /**
   * A score as a confidence, without the rounding.
   * @throws {TypeError} when it is none.
   */
  confidence(score: number): number {
    if (score <= 1) return score;
    if (score <= 1 + tolerance) return 1;
    throw this.#verdict ??= new TypeError(
      `the model's answer is misread: a score is ${shown(score)}, allowed is up to 1`,
    );
  }
}

function problemOf(head: Head): string | null {
  return problemOfScores(head) ?? problemOfBoxes(head) ?? problemOfJoints(head);
}

/** The number `index` of the box `at`. */
function value({ kind, data, boxes, values }: Head, at: number, index: number): number {
  return data[kind === "v8" ? index * boxes + at : at * values + index]!;
}

function problemOfScores(head: Head): string | null {
  const { kind, boxes, classes } = head;
  const begin = 4;
  // Of a head without NMS one confidence; of one with objectness that goes first.
  const count = kind === "v10" ? 1 : kind === "v5" ? classes + 1 : classes;
  let least = 0;
  let most = 0;
  const wrong: number[] = [];
  for (let index = 0; index < count; index++) {
    let [low, high] = [0, 0];
    for (let at = 0; at < boxes; at++) {
      const score = value(head, at, begin + index);
      if (score < low) low = score;
      if (score > high) high = score;
    }
    if (low < -tolerance || high > 1 + tolerance) wrong.push(index);
    if (low < least) least = low;
    if (high > most) most = high;
  }
  const [first] = wrong;
  if (first === undefined) return null;
  const range = `scores lie outside 0…1 (${shown(least)} to ${shown(most)})`;
  const behind = count - first;
  if (kind === "v8" && first > 0) {
    const isAngle = behind === 1 && least >= -largestAngle && most <= largestAngle;
    if (isAngle) return `${range}: it looks like oriented boxes (OBB), the last number an angle`;
    if (behind % 3 === 0 && most > largestFraction) {
      return `${range}: it looks like a pose with ${
        behind / 3
      } joints, which the model's metadata ` +
        "(kpt_shape) or the right labels would tell";
    }
  }
  return `${range}: it looks like logits, from before their sigmoid`;
}

function problemOfBoxes(head: Head): string | null {
  const { kind, boxes } = head;
  let [negative, largest, seen] = [0, 0, 0];
  for (let at = 0; at < boxes; at++) {
    const isBox = kind !== "v10";
    const width = value(head, at, 2) - (isBox ? 0 : value(head, at, 0));
    const height = value(head, at, 3) - (isBox ? 0 : value(head, at, 1));
    if (width === 0 && height === 0) continue;
    seen++;
    if (width < 0 || height < 0) negative++;
    largest = Math.max(largest, width, height);
  }
  if (seen === 0) return null;
  const share = `${negative} of ${seen} boxes have a negative width or height`;
  // A few may be the rounding of a box of nothing.
  const areNegative = negative > seen / 100;
  if (kind === "v10") {
    if (areNegative) return `${share}: it looks like centres and sizes in place of corners`;
    return largest <= largestFraction ? `${tiny(largest)}: ${fractions}` : null;
  }
  if (areNegative) return `${share}: ${undecoded}`;
  if (seen < manyBoxes || largest > largestUndecoded) return null;
  return `${tiny(largest)}: ${
    negative === 0 && largest <= largestFraction ? fractions : undecoded
  }`;
}

/** How sure the model is of each joint. */
function problemOfJoints(head: Head): string | null {
  const { boxes, extrasAt, keypoints, jointValues } = head;
  if (keypoints === 0 || jointValues < 3) return null;
  let [least, most] = [0, 0];
  for (let joint = 0; joint < keypoints; joint++) {
    for (let at = 0; at < boxes; at++) {
      const seen = value(head, at, extrasAt + joint * jointValues + 2);
      least = Math.min(least, seen);
      most = Math.max(most, seen);
    }
  }
  if (least >= -tolerance && most <= 1 + tolerance) return null;
  return `joints are sure by ${shown(least)} to ${shown(most)}, allowed is 0…1: it looks like ` +
    "another number of joints, or logits";
}

function tiny(largest: number): string {
  return `no box is larger than ${shown(largest)} pixels`;
}

function shown(number: number): string {
  return String(Math.round(number * 100) / 100);
}
