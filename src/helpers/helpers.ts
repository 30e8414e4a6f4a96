/** The type of `context.helpers`, for plugins that import nothing. */

import type { Box, Detection } from "../frame/analysis.ts";
import type { Region } from "../frame/frame.ts";
import type { Tensor, Tensors } from "../frame/tensor.ts";
import type { Cooldown } from "./cooldown.ts";
import type { Segment, Side } from "./crossing_side.ts";
import type { Line, LineOptions } from "./line.ts";
import type { NmsOptions } from "./nms.ts";
import type { OutputChoice } from "./pick_output.ts";
import type { Anchor, Point } from "./point.ts";
import type { Ranked } from "./top_k.ts";
import type { Mask, TraceOptions } from "./trace_mask.ts";
import type { Tracker, TrackerOptions } from "./tracker.ts";
import type { Zone, ZoneOptions } from "./zone.ts";

/** What stands between a model's numbers and an analysis: `context.helpers` of a use case. */
export interface Helpers {
  /** The 80 names of COCO's classes, as detectors number them. */
  readonly cocoLabels: readonly string[];
  /** The point of a box that decides where an object stands. */
  anchorPoint(box: Box, anchor: Anchor): Point;
  /** Index of the largest value from `start` up to `end`; -1 when there is none. */
  argmax(values: ArrayLike<number>, start?: number, end?: number): number;
  /** An event that is not to come too often. */
  createCooldown(pauseMs: number): Cooldown;
  /** Tells who crosses a line, and in which direction. */
  createLine(options: LineOptions): Line;
  /** Follows objects from frame to frame (ByteTrack). */
  createTracker(options?: TrackerOptions): Tracker;
  /** Tells who enters, stays in and leaves an area. */
  createZone(options: ZoneOptions): Zone;
  /** To which side of a line a step leads; null when it does not cross. */
  crossingSide(from: Point, to: Point, line: Segment): Side | null;
  /** The numbers of an output, chosen by name or by shape; 32-bit floats are not copied. */
  floats(outputs: Tensors, choice?: OutputChoice): Float32Array;
  /** Intersection over union of two boxes, 0…1. */
  iou(a: Box, b: Box): number;
  /** Non-maximum suppression: of detections that overlap, the most confident. */
  nms<D extends Detection>(detections: readonly D[], options?: NmsOptions): D[];
  /** Names of classes from the text of a label file, that of class 0 first. */
  parseLabels(text: string): string[];
  /** An output, chosen by name or by shape. */
  pickOutput(outputs: Tensors, choice?: OutputChoice): Tensor;
  /** True for a point within a polygon. */
  pointInPolygon(point: Point, polygon: readonly Point[]): boolean;
  /** A score as a share, 0…1. */
  sigmoid(score: number): number;
  /** Scores as shares that add up to 1. */
  softmax(scores: ArrayLike<number>): Float32Array<ArrayBuffer>;
  /** The `k` largest values and their indices, the largest first. */
  topK(values: ArrayLike<number>, k: number): Ranked[];
  /** Outlines of the areas of a mask. */
  traceMask(mask: Mask, options?: TraceOptions): Point[][];
  /** A box of the model's frame as one of the camera's picture, for `fit: "letterbox"`. */
  undoLetterbox(box: Box, contentRect: Region): Box;
  /** The same for a point. */
  undoLetterboxPoint(point: Point, contentRect: Region): Point;
}
