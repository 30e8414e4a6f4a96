import type { Point } from "./point.ts";

/** A line from its first point to its second. */
export type Segment = readonly [from: Point, to: Point];

/** A side of a line, as seen on the picture by who walks from its first point to its second. */
export type Side = "left" | "right";

/**
 * The side to which a step from one point to another crosses a line, or null when it does not.
 *
 * Left and right are those of someone who walks on the picture from the line's first point to its
 * second: for a line drawn from left to right, `right` is below. A point exactly on the line counts
 * as right of it, so a path of several steps crosses once, wherever its points fall.
 *
 * ```ts
 * import { crossingSide } from "./mod.ts";
 *
 * const door = [[0.2, 0.5], [0.8, 0.5]] as const;
 * if (crossingSide([0.5, 0.4], [0.5, 0.6], door) !== "right") throw new Error("downwards");
 * if (crossingSide([0.5, 0.6], [0.5, 0.4], door) !== "left") throw new Error("upwards");
 * if (crossingSide([0.9, 0.4], [0.9, 0.6], door) !== null) throw new Error("past its end");
 * ```
 */
export function crossingSide(from: Point, to: Point, line: Segment): Side | null {
  const before = offset(from, line);
  const after = offset(to, line);
  if ((before >= 0) === (after >= 0)) return null;
  const part = before / (before - after);
  const [[startX, startY], [endX, endY]] = line;
  const along = (from[0] + part * (to[0] - from[0]) - startX) * (endX - startX) +
    (from[1] + part * (to[1] - from[1]) - startY) * (endY - startY);
  const whole = (endX - startX) ** 2 + (endY - startY) ** 2;
  if (along < 0 || along > whole) return null;
  return after >= 0 ? "right" : "left";
}

/** Twice the area of the triangle between line and point: above 0 on the right (y is downwards). */
export function offset([x, y]: Point, [[startX, startY], [endX, endY]]: Segment): number {
  return (endX - startX) * (y - startY) - (endY - startY) * (x - startX);
}
