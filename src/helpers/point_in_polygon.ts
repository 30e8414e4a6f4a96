import type { Point } from "./point.ts";

/**
 * Whether a point lies in a polygon or on its edge.
 *
 * The polygon is a list of corners, closed by itself, of any shape; where it overlaps itself the
 * even-odd rule holds. The edge counts as inside because a box that was cut off at the picture's
 * edge stands exactly on it, and so do the zones drawn up to there.
 *
 * ```ts
 * import { pointInPolygon } from "./mod.ts";
 *
 * const triangle = [[0, 0], [1, 0], [0, 1]] as const;
 * if (!pointInPolygon([0.25, 0.25], triangle)) throw new Error("inside");
 * if (!pointInPolygon([0.5, 0.5], triangle)) throw new Error("on the edge");
 * if (pointInPolygon([0.75, 0.75], triangle)) throw new Error("outside");
 * ```
 */
export function pointInPolygon(point: Point, polygon: readonly Point[]): boolean {
  const [x, y] = point;
  let inside = false;
  let previous = polygon.at(-1);
  for (const corner of polygon) {
    const [toX, toY] = corner;
    const [fromX, fromY] = previous ?? corner;
    previous = corner;
    const turn = (toX - fromX) * (y - fromY) - (toY - fromY) * (x - fromX);
    const within = Math.min(fromX, toX) <= x && x <= Math.max(fromX, toX) &&
      Math.min(fromY, toY) <= y && y <= Math.max(fromY, toY);
    if (turn === 0 && within) return true;
    // A ray to the right passes this edge when one end is above it and the edge lies to the right.
    if ((fromY > y) !== (toY > y) && (turn > 0) === (toY > fromY)) inside = !inside;
  }
  return inside;
}
