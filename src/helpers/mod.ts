/**
 * Helpers for the authors of plugins: what stands between a model's numbers and an analysis.
 *
 * None of them keeps state of its own; what has to remember (a tracker, a zone) is made by a
 * `create…` function and belongs to the use case that made it, one for each stream.
 *
 * @module
 */

export { argmax } from "./argmax.ts";
export { cocoLabels } from "./coco_labels.ts";
export { type Cooldown, createCooldown } from "./cooldown.ts";
export { crossingSide, type Segment, type Side } from "./crossing_side.ts";
export { floats } from "./floats.ts";
export { iou } from "./iou.ts";
export { createLine, type Line, type LineOptions } from "./line.ts";
export { nms, type NmsOptions } from "./nms.ts";
export { parseLabels } from "./parse_labels.ts";
export { type OutputChoice, pickOutput } from "./pick_output.ts";
export { type Anchor, anchorPoint, type Point } from "./point.ts";
export { pointInPolygon } from "./point_in_polygon.ts";
export { sigmoid } from "./sigmoid.ts";
export { softmax } from "./softmax.ts";
export { type Ranked, topK } from "./top_k.ts";
export { createTracker, type Tracked, type Tracker, type TrackerOptions } from "./tracker.ts";
export { undoLetterbox, undoLetterboxPoint } from "./undo_letterbox.ts";
export { createZone, type Zone, type ZoneOptions } from "./zone.ts";
