import { refuseUnknown } from "./check_options.ts";
import type { Point } from "./point.ts";

/** Which cells of a grid belong to something. */
export interface Mask {
  /** Cells in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Whether the cell belongs to it. */
  has(x: number, y: number): boolean;
}

/** How {@link traceMask} simplifies. */
export interface TraceOptions {
  /** Regions of fewer cells are left out. @default {4} */
  readonly minArea?: number;
  /** How far a point that is left out may lie from the outline, in cells. @default {1} */
  readonly tolerance?: number;
}

/** An outline in corners of cells: [0, 0] is the upper left corner of the first, y downwards. */
type Corner = readonly [x: number, y: number];

/** Steps along cell edges: right, down, left, up. A turn to the right is the next one. */
const steps = [[1, 0], [0, 1], [-1, 0], [0, -1]] as const;

/**
 * The outlines of what a mask shows, as closed polygons in fractions (0…1) of the mask, the largest
 * region first. Cells that touch by a corner only are regions of their own; holes are filled.
 *
 * ```ts
 * import { traceMask } from "./mod.ts";
 *
 * // A mask of 4 × 4 cells, with a square in its middle.
 * const inside = (at: number) => at === 1 || at === 2;
 * const mask = { width: 4, height: 4, has: (x: number, y: number) => inside(x) && inside(y) };
 * const [square] = traceMask(mask);
 * const corners = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]];
 * if (JSON.stringify(square) !== JSON.stringify(corners)) throw new Error("not a square");
 * ```
 *
 * @throws {RangeError} when an option is below 0 or NaN; @throws {TypeError} for an unknown one.
 */
export function traceMask(mask: Mask, options: TraceOptions = {}): Point[][] {
  refuseUnknown("trace a mask", options, ["minArea", "tolerance"]);
  const { minArea = 4, tolerance = 1 } = options;
  for (const [key, value] of Object.entries({ minArea, tolerance })) {
    if (value >= 0) continue;
    throw new RangeError(`Cannot trace a mask: ${key} is ${value}, allowed is a number from 0`);
  }
  const { width, height } = mask;
  // One row and column of nothing around, so that no step has to look where the mask ends.
  const stride = width + 2;
  const cells = new Uint8Array(stride * (height + 2));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (mask.has(x, y)) cells[(y + 1) * stride + x + 1] = unseen;
    }
  }
  const regions: { readonly area: number; readonly outline: Point[] }[] = [];
  for (let first = 0; first < cells.length; first++) {
    if (cells[first] !== unseen) continue;
    const area = fill(cells, first, stride, unseen, current);
    // The first cell of a region in reading order has nothing above it: the edge begins there.
    if (area >= Math.max(1, minArea)) {
      const corners = simplify(walk(cells, first, stride), tolerance);
      regions.push({ area, outline: corners.map(([x, y]) => [x / width, y / height]) });
    }
    fill(cells, first, stride, current, done);
  }
  return regions.toSorted((a, b) => b.area - a.area).map(({ outline }) => outline);
}

const unseen = 1;
const current = 2;
const done = 3;

/** Gives a region another mark, and counts its cells. */
function fill(cells: Uint8Array, first: number, stride: number, from: number, to: number): number {
  const open = [first];
  cells[first] = to;
  let count = 0;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    count++;
    for (const next of [at - 1, at + 1, at - stride, at + stride]) {
      if (cells[next] !== from) continue;
      cells[next] = to;
      open.push(next);
    }
  }
  return count;
}

/** Goes around the current region with it on the right hand, and notes where it turns. */
function walk(cells: Uint8Array, first: number, stride: number): Corner[] {
  const startX = first % stride - 1;
  const startY = Math.floor(first / stride) - 1;
  const inside = (x: number, y: number) => cells[(y + 1) * stride + x + 1] === current;
  const corners: Corner[] = [];
  let [x, y, heading] = [startX, startY, 0];
  do {
    const [stepX, stepY] = steps[heading]!;
    x += stepX;
    y += stepY;
    // The two cells ahead of the corner that was reached, on its right hand and on its left.
    const right = inside(...cellAt(x, y, heading, 0));
    const left = inside(...cellAt(x, y, heading, 3));
    // Cells that touch by a corner only are apart, so the right turn goes first.
    const turn = !right ? 1 : left ? 3 : 0;
    if (turn !== 0) corners.push([x, y]);
    heading = (heading + turn) % 4;
  } while (x !== startX || y !== startY);
  // It ends with the turn at the corner where it began.
  return [corners.at(-1)!, ...corners.slice(0, -1)];
}

/** The cell between the heading (turned by so many quarters) and the one to the right of that. */
function cellAt(x: number, y: number, heading: number, turned: number): Corner {
  switch ((heading + turned) % 4) {
    case 0:
      return [x, y];
    case 1:
      return [x - 1, y];
    case 2:
      return [x - 1, y - 1];
    default:
      return [x, y - 1];
  }
}

/** Douglas and Peucker's simplification of a ring, cut at its first corner. */
function simplify(ring: readonly Corner[], tolerance: number): Corner[] {
  const keep = new Uint8Array(ring.length);
  keep[0] = 1;
  const closed = [...ring, ring[0]!];
  const open: [number, number][] = [[0, ring.length]];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const [from, to] = part;
    let worst = tolerance;
    let at = -1;
    for (let index = from + 1; index < to; index++) {
      const distance = distanceTo(closed[index]!, closed[from]!, closed[to]!);
      if (distance > worst) [worst, at] = [distance, index];
    }
    if (at === -1) continue;
    keep[at] = 1;
    open.push([from, at], [at, to]);
  }
  return ring.filter((_, index) => keep[index] === 1);
}

/** From a point to a line through two others, or to the one when both are the same. */
function distanceTo([x, y]: Corner, [fromX, fromY]: Corner, [toX, toY]: Corner): number {
  const length = Math.hypot(toX - fromX, toY - fromY);
  if (length === 0) return Math.hypot(x - fromX, y - fromY);
  return Math.abs((toX - fromX) * (y - fromY) - (toY - fromY) * (x - fromX)) / length;
}
