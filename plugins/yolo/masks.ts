/** Outlines of instance masks: prototypes weighted by a box's coefficients, cropped to the box. */

import { type Point, traceMask } from "../../src/mod.ts";
import { type Candidate, extra } from "./decode.ts";
import type { Head, Prototypes } from "./head.ts";

/** The outline of the largest part of a box's mask, in fractions of the frame; null for an empty one. */
export function outlineOf(
  head: Head,
  prototypes: Prototypes,
  candidate: Candidate,
): Point[] | null {
  const { data, count, width, height } = prototypes;
  const { box, at } = candidate;
  const left = clamp(Math.floor(box.x * width), width);
  const top = clamp(Math.floor(box.y * height), height);
  const right = clamp(Math.ceil((box.x + box.width) * width), width);
  const bottom = clamp(Math.ceil((box.y + box.height) * height), height);
  const columns = right - left;
  const rows = bottom - top;
  if (columns <= 0 || rows <= 0) return null;

  const sums = new Float32Array(columns * rows);
  for (let index = 0; index < count; index++) {
    const weight = extra(head, at, index);
    for (let y = 0, into = 0; y < rows; y++) {
      const row = (index * height + top + y) * width + left;
      for (let x = 0; x < columns; x++) sums[into++]! += weight * data[row + x]!;
    }
  }
  const [outline] = traceMask({
    width: columns,
    height: rows,
    // Where the sigmoid of the sum is above a half.
    has: (x, y) => sums[y * columns + x]! > 0,
  });
  if (!outline) return null;
  return outline.map(([x, y]) => [(left + x * columns) / width, (top + y * rows) / height]);
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
