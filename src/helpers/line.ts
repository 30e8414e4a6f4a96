import type { AnalysisEvent } from "../frame/analysis.ts";
import { checkAnchor, checkPoints, refuseUnknown } from "./check_options.ts";
import { crossingSide, offset, type Segment, type Side } from "./crossing_side.ts";
import { type Anchor, anchorPoint, type Point } from "./point.ts";
import type { Tracked } from "./tracker.ts";

/** What a line is and how it counts. */
export interface LineOptions {
  /** What the line is called in its events. */
  readonly name: string;
  /** Its two ends; fractions of the picture. */
  readonly points: Segment;
  /**
   * What the directions are called: to the right and to the left of someone who walks on the
   * picture from the first point to the second (for a line drawn from left to right, `right` is
   * downwards). @default {{ right: "right", left: "left" }}
   */
  readonly directions?: Readonly<Record<Side, string>>;
  /** Which point of a box must cross. @default {"bottom"} */
  readonly anchor?: Anchor;
  /**
   * How far behind the line an object must be before it has crossed, as a fraction of the picture;
   * a box that trembles on the line by less than this is not counted again and again, and one that
   * vanishes nearer to it is not counted at all.
   * @default {0.01}
   */
  readonly margin?: number;
}

/** A line of one stream, and how often it was crossed. */
export interface Line {
  /**
   * Takes the tracks of the next frame and returns an event for each that has crossed:
   * `{ type: "line_crossed", line, track_id, label, direction }`. `ptsMs` is the frame's.
   */
  update(tracks: readonly Tracked[], ptsMs: number): AnalysisEvent[];
  /** Crossings so far by the name of the direction. */
  readonly counts: Readonly<Record<string, number>>;
}

const defaults = {
  directions: { right: "right", left: "left" },
  anchor: "bottom",
  margin: 0.01,
} satisfies Partial<LineOptions>;

const keys = ["name", "points", "directions", "anchor", "margin"];

/** A track unseen for this long does not come back, unless a tracker's buffer is longer. */
const forgetAfterMs = 60_000;

/** Where an object was. */
interface Walk {
  at: Point;
  seenAtMs: number;
  /** The side on which it was last farther off than the margin. */
  side: Side | null;
  /** Whether it met the line between its ends when it last changed sides. */
  met: boolean;
}

/**
 * Makes a line that counts who crosses it, by direction.
 *
 * ```ts
 * import { createLine } from "./mod.ts";
 *
 * const line = createLine({
 *   name: "door",
 *   points: [[0.2, 0.5], [0.8, 0.5]],
 *   directions: { right: "in", left: "out" }, // drawn from left to right: downwards is in
 * });
 *
 * // In postprocess, with what the tracker returned; here one person walks down the picture:
 * const person = { trackId: 3, label: "person", labelId: 0, confidence: 0.9 };
 * line.update([{ ...person, box: { x: 0.4, y: 0.1, width: 0.1, height: 0.3 } }], 0);
 * const [event] = line.update([
 *   { ...person, box: { x: 0.4, y: 0.3, width: 0.1, height: 0.3 } },
 * ], 40);
 * if (event?.direction !== "in" || line.counts.in !== 1) throw new Error("not counted");
 * ```
 *
 * @throws {TypeError | RangeError} naming the option that is out of its bounds.
 */
export function createLine(options: LineOptions): Line {
  const { name, points, directions, anchor, margin } = { ...defaults, ...options };
  const what = `make line ${name}`;
  refuseUnknown(what, options, keys);
  checkPoints(what, "points", points);
  checkAnchor(what, anchor);
  if (points.length !== 2) {
    throw new RangeError(`Cannot ${what}: it has ${points.length} points, it needs 2`);
  }
  const [[startX, startY], [endX, endY]] = points;
  const length = Math.hypot(endX - startX, endY - startY);
  if (!(length > 0 && length < Infinity)) {
    throw new RangeError(`Cannot ${what}: its length is ${length}, it must be above 0`);
  }
  if (!(margin >= 0 && margin < 1)) {
    throw new RangeError(`Cannot ${what}: margin is ${margin}, allowed is 0 to below 1`);
  }
  const walks = new Map<number, Walk>();
  const counts: Record<string, number> = { [directions.right]: 0, [directions.left]: 0 };
  let lastPtsMs = -Infinity;

  return {
    counts,
    update: function updateLine(tracks, ptsMs) {
      if (ptsMs < lastPtsMs) walks.clear();
      lastPtsMs = ptsMs;
      const events = tracks.flatMap(({ trackId, label, box }) => {
        const side = follow(trackId, anchorPoint(box, anchor), ptsMs);
        if (!side) return [];
        const direction = directions[side];
        counts[direction] = (counts[direction] ?? 0) + 1;
        return [{ type: "line_crossed", line: name, track_id: trackId, label, direction }];
      });
      for (const [trackId, { seenAtMs }] of walks) {
        if (ptsMs - seenAtMs > forgetAfterMs) walks.delete(trackId);
      }
      return events;
    },
  };

  /** The side to which the object has crossed by now, null if it has not. */
  function follow(trackId: number, to: Point, ptsMs: number): Side | null {
    const walk = walks.get(trackId) ?? { at: to, seenAtMs: ptsMs, side: null, met: false };
    walks.set(trackId, walk);
    const changed = offset(walk.at, points) >= 0 !== offset(to, points) >= 0;
    if (changed) walk.met = crossingSide(walk.at, to, points) !== null;
    Object.assign(walk, { at: to, seenAtMs: ptsMs });
    const distance = offset(to, points) / length;
    if (Math.abs(distance) < margin) return null;
    const side: Side = distance >= 0 ? "right" : "left";
    const before = walk.side;
    walk.side = side;
    return before && before !== side && walk.met ? side : null;
  }
}
