import type { Box } from "../frame/analysis.ts";
import type { Region } from "../frame/frame.ts";
import type { Point } from "./point.ts";

/**
 * Turns a box in fractions of the frame (what the model saw) into fractions of the camera's
 * picture, cut off at its edges.
 *
 * `contentRect` is the frame's: where the camera's picture lies within the frame. When
 * the frame was not letterboxed it is the whole, and the box is only cut off.
 *
 * ```ts
 * import { undoLetterbox } from "./mod.ts";
 *
 * // A 16:9 camera in a square frame: grey bars above and below.
 * const contentRect = { x: 0, y: 0.21875, width: 1, height: 0.5625 };
 * const seen = { x: 0.25, y: 0.21875, width: 0.5, height: 0.28125 };
 * const box = undoLetterbox(seen, contentRect);
 * if (box.y !== 0 || box.height !== 0.5 || box.width !== 0.5) throw new Error("upper half");
 * ```
 *
 * @throws {RangeError} when `contentRect` has no area.
 */
export function undoLetterbox(box: Box, contentRect: Region): Box {
  const [left, top] = undoLetterboxPoint([box.x, box.y], contentRect);
  const [right, bottom] = undoLetterboxPoint([box.x + box.width, box.y + box.height], contentRect);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/**
 * The same for one point, such as a joint of a pose or a corner of a mask's outline.
 *
 * ```ts
 * import { undoLetterboxPoint } from "./mod.ts";
 *
 * const contentRect = { x: 0.25, y: 0, width: 0.5, height: 1 };
 * const [x, y] = undoLetterboxPoint([0.5, 0.1], contentRect);
 * if (x !== 0.5 || y !== 0.1) throw new Error("the middle stays the middle");
 * ```
 *
 * @throws {RangeError} when `contentRect` has no area.
 */
export function undoLetterboxPoint(point: Point, contentRect: Region): Point {
  const [x, y] = point;
  if (!(contentRect.width > 0 && contentRect.height > 0)) {
    throw new RangeError(
      `Cannot undo the letterbox: contentRect is ${contentRect.width} × ${contentRect.height}, ` +
        `both must be above 0`,
    );
  }
  return [
    clamp((x - contentRect.x) / contentRect.width),
    clamp((y - contentRect.y) / contentRect.height),
  ];
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
