import type { Detection } from "../frame/analysis.ts";
import { refuseUnknown } from "./check_options.ts";

/** How {@link nms} decides. */
export interface NmsOptions {
  /**
   * Of two boxes whose IoU is above this, only the more confident one stays; 0…1.
   * @default {0.45}
   */
  readonly iouThreshold?: number;
  /** Compare only boxes with the same `labelId`; false compares all. @default {true} */
  readonly perClass?: boolean;
}

/** Numbers that one box takes in the packed list: left, top, right, bottom, area. */
const stride = 5;

/**
 * Non-maximum suppression: of detections that overlap, keeps the most confident one.
 *
 * Returns the very objects it was given (with whatever else they carry), most confident first;
 * of two equally confident ones the earlier wins. A box that is not finite overlaps nothing and
 * stays, so that it is reported rather than hidden.
 *
 * ```ts
 * import { nms } from "./mod.ts";
 *
 * const person = { label: "person", labelId: 0 };
 * const detections = [
 *   { ...person, confidence: 0.7, box: { x: 0.11, y: 0.1, width: 0.2, height: 0.4 } },
 *   { ...person, confidence: 0.9, box: { x: 0.1, y: 0.1, width: 0.2, height: 0.4 } },
 *   { ...person, confidence: 0.8, box: { x: 0.6, y: 0.1, width: 0.2, height: 0.4 } },
 * ];
 * const kept = nms(detections, { iouThreshold: 0.5 });
 * if (kept.map(({ confidence }) => confidence).join() !== "0.9,0.8") throw new Error("wrong ones");
 * ```
 *
 * @throws {RangeError} when `iouThreshold` is not within 0…1; @throws {TypeError} for an unknown option.
 */
export function nms<D extends Detection>(
  detections: readonly D[],
  options: NmsOptions = {},
): D[] {
  refuseUnknown("suppress overlaps", options, ["iouThreshold", "perClass"]);
  const { iouThreshold = 0.45, perClass = true } = options;
  if (!(iouThreshold >= 0 && iouThreshold <= 1)) {
    throw new RangeError(
      `Cannot suppress overlaps: iouThreshold is ${iouThreshold}, allowed is 0 to 1`,
    );
  }
  const sorted = detections.toSorted(byConfidence);
  if (!perClass) return suppress(sorted, iouThreshold);

  const classes = Map.groupBy(sorted, ({ labelId }) => labelId);
  if (classes.size <= 1) return suppress(sorted, iouThreshold);
  const kept = new Set<D>();
  for (const members of classes.values()) {
    for (const detection of suppress(members, iouThreshold)) kept.add(detection);
  }
  return sorted.filter((detection) => kept.has(detection));
}

/** NaN goes last: a comparison that answers NaN would leave the whole list unsorted. */
function byConfidence(a: Detection, b: Detection): number {
  return (b.confidence || 0) - (a.confidence || 0);
}

/**
 * Compares each box with those already kept. The kept ones lie packed in one array: this loop runs
 * a million times for some thousand boxes, and following pointers would double its time.
 */
function suppress<D extends Detection>(sorted: readonly D[], iouThreshold: number): D[] {
  const kept: D[] = [];
  const packed = new Float64Array(sorted.length * stride);
  let end = 0;
  next: for (const detection of sorted) {
    const { x: left, y: top, width, height } = detection.box;
    const right = left + width;
    const bottom = top + height;
    // From the edges, as the shared area is, so that a box does not share more than it has.
    const area = (right - left) * (bottom - top);
    for (let at = 0; at < end; at += stride) {
      const sharedWidth = Math.min(right, packed[at + 2]!) - Math.max(left, packed[at]!);
      if (!(sharedWidth > 0)) continue;
      const sharedHeight = Math.min(bottom, packed[at + 3]!) - Math.max(top, packed[at + 1]!);
      if (!(sharedHeight > 0)) continue;
      const shared = sharedWidth * sharedHeight;
      if (shared > iouThreshold * (area + packed[at + 4]! - shared)) continue next;
    }
    packed.set([left, top, right, bottom, area], end);
    end += stride;
    kept.push(detection);
  }
  return kept;
}
