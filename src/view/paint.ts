/** The few strokes that pictures need; all of them clip, and return how many pixels they looked at. */

import type { Canvas } from "./canvas.ts";
import type { Color } from "./color.ts";

/** Fills a rectangle given in pixels; fractions are rounded. `opacity` is 0…1. */
export function fillRect(
  canvas: Canvas,
  left: number,
  top: number,
  width: number,
  height: number,
  color: Color,
  opacity = 1,
): number {
  const x0 = clamp(Math.round(left), canvas.width);
  const y0 = clamp(Math.round(top), canvas.height);
  const x1 = clamp(Math.round(left + width), canvas.width);
  const y1 = clamp(Math.round(top + height), canvas.height);
  for (let y = y0; x0 < x1 && y < y1; y++) canvas.fillRow(y, x0, x1, color, opacity);
  return Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
}

/** Draws the four edges of a rectangle, `thickness` pixels inward. */
export function strokeRect(
  canvas: Canvas,
  left: number,
  top: number,
  width: number,
  height: number,
  thickness: number,
  color: Color,
  opacity = 1,
): number {
  // Both ends rounded, then sized: edges meet at any position.
  const x0 = Math.round(left);
  const y0 = Math.round(top);
  const x1 = Math.max(x0 + thickness, Math.round(left + width));
  const y1 = Math.max(y0 + thickness, Math.round(top + height));
  const [w, inner] = [x1 - x0, Math.max(0, y1 - y0 - 2 * thickness)];
  return fillRect(canvas, x0, y0, w, thickness, color, opacity) +
    fillRect(canvas, x0, y1 - thickness, w, thickness, color, opacity) +
    fillRect(canvas, x0, y0 + thickness, thickness, inner, color, opacity) +
    fillRect(canvas, x1 - thickness, y0 + thickness, thickness, inner, color, opacity);
}

/** Draws a straight line with round ends, its edge smoothed. */
export function strokeLine(
  canvas: Canvas,
  from: readonly [x: number, y: number],
  to: readonly [x: number, y: number],
  thickness: number,
  color: Color,
): number {
  const clipped = clip(from, to, canvas, thickness + 1);
  if (clipped === null) return 0;
  const [[ax, ay], [bx, by]] = clipped;
  const [dx, dy] = [bx - ax, by - ay];
  const squared = dx * dx + dy * dy;
  const reach = thickness / 2 + 1;
  // Along the longer axis, only pixels near the line are looked at.
  const steep = Math.abs(dy) > Math.abs(dx);
  const slope = squared === 0 ? 0 : steep ? dx / dy : dy / dx;
  const across = reach * Math.hypot(1, slope);
  // Without a division for each pixel, nor a root for those within the line: that took most of the time.
  const perSquared = squared === 0 ? 0 : 1 / squared;
  const solid = Math.max(0, thickness / 2 - 0.5) ** 2;
  const edge = (thickness / 2 + 0.5) ** 2;
  let count = 0;
  const [a, b] = steep ? [ay, by] : [ax, bx];
  const [longest, widest] = steep ? [canvas.height, canvas.width] : [canvas.width, canvas.height];
  const last = Math.min(longest - 1, Math.ceil(Math.max(a, b) + reach));
  for (let u = Math.max(0, Math.floor(Math.min(a, b) - reach)); u <= last; u++) {
    const nearest = Math.min(Math.max(u, Math.min(a, b)), Math.max(a, b));
    const middle = (steep ? ax : ay) + (nearest - a) * slope;
    const end = Math.min(widest - 1, Math.ceil(middle + across));
    const begin = Math.max(0, Math.floor(middle - across));
    count += Math.max(0, end + 1 - begin);
    for (let v = begin; v <= end; v++) {
      const x = steep ? v : u;
      const y = steep ? u : v;
      const along = ((x - ax) * dx + (y - ay) * dy) * perSquared;
      const t = along < 0 ? 0 : along > 1 ? 1 : along;
      const aside = x - ax - t * dx;
      const below = y - ay - t * dy;
      const distance = aside * aside + below * below;
      if (distance >= edge) continue;
      const opacity = distance <= solid ? 1 : thickness / 2 + 0.5 - Math.sqrt(distance);
      canvas.blend(x, y, color, opacity);
    }
  }
  return count;
}

type Point = readonly [x: number, y: number];

/** The part of a line within the picture and a margin (Liang–Barsky); null when there is none. */
function clip(from: Point, to: Point, { width, height }: Canvas, margin: number) {
  const [x, y] = from;
  const [dx, dy] = [to[0] - x, to[1] - y];
  if (![x, y, dx, dy].every(Number.isFinite)) return null;
  let [first, last] = [0, 1];
  const edges = [
    [-dx, x + margin],
    [dx, width + margin - x],
    [-dy, y + margin],
    [dy, height + margin - y],
  ] as const;
  for (const [towards, room] of edges) {
    if (towards === 0 && room < 0) return null;
    if (towards < 0) first = Math.max(first, room / towards);
    if (towards > 0) last = Math.min(last, room / towards);
  }
  if (first > last) return null;
  const at = (t: number): Point => [x + t * dx, y + t * dy];
  return [at(first), at(last)] as const;
}

function clamp(value: number, size: number): number {
  // NaN, from a box that a plugin got wrong, draws nothing.
  return value > 0 ? Math.min(value, size) : 0;
}
