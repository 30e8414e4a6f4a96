import type { Box } from "../frame/analysis.ts";

/** A point in fractions (0…1) of the camera's picture, origin top left, y downwards. */
export type Point = readonly [x: number, y: number];

/**
 * The point of a box that stands for the object: `bottom` is the middle of the lower edge (where
 * it touches the ground), `center` the middle of the box.
 */
export type Anchor = "bottom" | "center";

/**
 * The point that stands for a box.
 *
 * ```ts
 * import { anchorPoint } from "./mod.ts";
 *
 * const [x, y] = anchorPoint({ x: 0.25, y: 0.25, width: 0.5, height: 0.5 }, "bottom");
 * if (x !== 0.5 || y !== 0.75) throw new Error("not where it stands");
 * ```
 */
export function anchorPoint(box: Box, anchor: Anchor): Point {
  const below = anchor === "bottom" ? box.height : box.height / 2;
  return [box.x + box.width / 2, box.y + below];
}
