/** Decodes the output of a YOLO head into candidates, thousands of boxes a frame. */

import type { Box } from "../../src/mod.ts";
import type { Head } from "./head.ts";

/** A box that is good enough, before boxes that overlap are suppressed. */
export interface Candidate {
  readonly labelId: number;
  readonly confidence: number;
  /** In fractions of the frame (what the model saw). */
  readonly box: Box;
  /** Number of the box in the head, for what else the head has of it. */
  readonly at: number;
}

/** The boxes from `threshold` on. The model's numbers are pixels of a frame of that size. */
export function decode(
  head: Head,
  threshold: number,
  frame: { readonly width: number; readonly height: number },
): Candidate[] {
  switch (head.kind) {
    case "v5":
      return decodeRows(head, threshold, frame);
    case "v8":
      return decodeColumns(head, threshold, frame);
    case "v10":
      return decodeCorners(head, threshold, frame);
  }
}

type Size = { readonly width: number; readonly height: number };

function decodeRows(head: Head, threshold: number, frame: Size): Candidate[] {
  const { data, boxes, values, classes } = head;
  const found: Candidate[] = [];
  for (let at = 0, row = 0; at < boxes; at++, row += values) {
    const objectness = data[row + 4]!;
    // No score is above 1, so most boxes are done with here.
    if (!(objectness >= threshold)) continue;
    let labelId = 0;
    let best = -Infinity;
    for (let index = 0; index < classes; index++) {
      const score = data[row + 5 + index]!;
      if (score > best) [best, labelId] = [score, index];
    }
    const confidence = objectness * best;
    if (!(confidence >= threshold)) continue;
    const box = centred(data[row]!, data[row + 1]!, data[row + 2]!, data[row + 3]!, frame);
    found.push({ labelId, confidence, box, at });
  }
  return found;
}

function decodeColumns(head: Head, threshold: number, frame: Size): Candidate[] {
  const { data, boxes, classes } = head;
  // One class after the other, as the numbers lie in memory; box by box takes five times as long.
  const best = new Float32Array(boxes);
  const labels = new Uint16Array(boxes);
  for (let index = 0; index < classes; index++) {
    const scores = data.subarray((4 + index) * boxes, (5 + index) * boxes);
    for (let at = 0; at < boxes; at++) {
      const score = scores[at]!;
      if (score > best[at]!) {
        best[at] = score;
        labels[at] = index;
      }
    }
  }
  const found: Candidate[] = [];
  for (let at = 0; at < boxes; at++) {
    const confidence = best[at]!;
    if (!(confidence >= threshold)) continue;
    const [x, y] = [data[at]!, data[boxes + at]!];
    const box = centred(x, y, data[2 * boxes + at]!, data[3 * boxes + at]!, frame);
    found.push({ labelId: labels[at]!, confidence, box, at });
  }
  return found;
}

function decodeCorners(head: Head, threshold: number, frame: Size): Candidate[] {
  const { data, boxes, values } = head;
  const found: Candidate[] = [];
  for (let at = 0, row = 0; at < boxes; at++, row += values) {
    const confidence = data[row + 4]!;
    if (!(confidence >= threshold)) continue;
    const x = data[row]! / frame.width;
    const y = data[row + 1]! / frame.height;
    const width = data[row + 2]! / frame.width - x;
    const height = data[row + 3]! / frame.height - y;
    const labelId = Math.round(data[row + 5]!);
    found.push({ labelId, confidence, box: { x, y, width, height }, at });
  }
  return found;
}

function centred(x: number, y: number, width: number, height: number, frame: Size): Box {
  return {
    x: (x - width / 2) / frame.width,
    y: (y - height / 2) / frame.height,
    width: width / frame.width,
    height: height / frame.height,
  };
}

/** One of the extra numbers of a box. */
export function extra({ kind, data, boxes, values, extrasAt }: Head, at: number, index: number) {
  const place = kind === "v8" ? (extrasAt + index) * boxes + at : at * values + extrasAt + index;
  return data[place]!;
}
