import type { Box } from "../frame/analysis.ts";

/**
 * Intersection over union of two boxes: the area they share by the area they cover together.
 *
 * 0 when they share nothing (or have no area), 1 when they are the same. The unit does not matter
 * as long as both have the same one.
 *
 * ```ts
 * import { iou } from "./mod.ts";
 *
 * const left = { x: 0, y: 0, width: 0.5, height: 1 };
 * const middle = { x: 0.25, y: 0, width: 0.5, height: 1 };
 * if (iou(left, middle) !== 1 / 3) throw new Error("they share a third");
 * ```
 */
export function iou(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const shared = Math.max(0, width) * Math.max(0, height);
  // Of boxes that are unimaginably small the area is rounded to 0, and that of no number is none.
  if (!(shared > 0)) return 0;
  const covered = a.width * a.height + b.width * b.height - shared;
  // Rounding can make a very thin box share more than it has.
  return covered > shared ? shared / covered : 1;
}
