/** Where an object went, in few points. */

import type { Point } from "../helpers/point.ts";

/** A place on a path and when the object was there. */
export interface PathPoint {
  readonly ptsMs: number;
  readonly at: Point;
}

/**
 * Leaves out points that lie nearer than `tolerance` (a fraction of the picture) to the way between
 * those that stay: Douglas and Peucker, 1973. First and last stay.
 */
export function simplifyPath(path: readonly PathPoint[], tolerance: number): PathPoint[] {
  const stays = new Set([0, path.length - 1]);
  const open: [from: number, to: number][] = [[0, path.length - 1]];
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    const [from, to] = span;
    let [farthest, distance] = [from, tolerance];
    for (let index = from + 1; index < to; index++) {
      const away = distanceFrom(path[index]!.at, path[from]!.at, path[to]!.at);
      if (away > distance) [farthest, distance] = [index, away];
    }
    if (farthest === from) continue;
    stays.add(farthest);
    open.push([from, farthest], [farthest, to]);
  }
  return path.filter((_, index) => stays.has(index));
}

/** The same with no more than `most` points: the tolerance grows until they are few enough. */
export function shortenPath(
  path: readonly PathPoint[],
  most: number,
  tolerance: number,
): PathPoint[] {
  let short = simplifyPath(path, tolerance);
  for (; short.length > most; tolerance *= 1.5) short = simplifyPath(short, tolerance);
  return short;
}

/** Of a point from the line between two others, ends included. */
function distanceFrom([x, y]: Point, [fromX, fromY]: Point, [toX, toY]: Point): number {
  const [wayX, wayY] = [toX - fromX, toY - fromY];
  const length = wayX * wayX + wayY * wayY;
  const along = length === 0 ? 0 : ((x - fromX) * wayX + (y - fromY) * wayY) / length;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - fromX - share * wayX, y - fromY - share * wayY);
}
