/** Checks of what plugins give to helpers, which no compiler need have looked at. */

import type { Anchor } from "./point.ts";

/**
 * Refuses an option that nothing reads: its default would silently stand in its place.
 *
 * @throws {TypeError}
 */
export function refuseUnknown(what: string, options: object, known: readonly string[]): void {
  for (const key in options) {
    if (known.includes(key)) continue;
    throw new TypeError(
      `Cannot ${what}: ${JSON.stringify(key)} is no option, there are ${known.join(", ")}`,
    );
  }
}

/** @throws {RangeError} */
export function checkAnchor(what: string, anchor: Anchor): void {
  if (anchor === "bottom" || anchor === "center") return;
  throw new RangeError(
    `Cannot ${what}: anchor is ${JSON.stringify(anchor)}, allowed is bottom or center`,
  );
}

/** @throws {TypeError} for what is no list of such points */
export function checkPoints(what: string, key: string, points: unknown): void {
  const isPoint = (point: unknown) => Array.isArray(point) && point.length === 2;
  if (Array.isArray(points) && points.every(isPoint)) return;
  const state = points === undefined ? "is missing" : "is none";
  throw new TypeError(`Cannot ${what}: ${key} ${state}, it must be a list of points [x, y]`);
}
