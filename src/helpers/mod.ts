/**
 * Helpers for the authors of plugins: what stands between a model's numbers and an analysis.
 *
 * None of them keeps state of its own; what has to remember (a tracker, a zone) is made by a
 * `create…` function and belongs to the use case that made it, one for each stream. A use case that
 * counts who goes through a door:
 *
 * ```ts
 * import * as helpers from "./mod.ts";
 * import { cocoLabels, createLine, createTracker, floats, nms, undoLetterbox } from "./mod.ts";
 * import type { Detection } from "../frame/analysis.ts";
 * import type { UseCaseFactory } from "../use_case/use_case.ts";
 *
 * const countVisitors: UseCaseFactory = () => {
 *   const tracker = createTracker();
 *   const door = createLine({ name: "door", points: [[0.3, 0.6], [0.7, 0.6]] });
 *   return {
 *     input: { fit: "letterbox" },
 *     postprocess(outputs, { ptsMs, contentRect }) {
 *       const rows = floats(outputs, [1, -1, 6]); // x, y, width, height, confidence, class
 *       const detections: Detection[] = [];
 *       for (let at = 0; at < rows.length; at += 6) {
 *         const [x = 0, y = 0, width = 0, height = 0, confidence = 0, labelId = 0] = rows.subarray(at);
 *         if (confidence < 0.1) continue; // the tracker makes use of doubtful ones
 *         const label = cocoLabels[labelId] ?? `label ${labelId}`;
 *         const box = undoLetterbox({ x, y, width, height }, contentRect);
 *         detections.push({ label, labelId, confidence, box });
 *       }
 *       const tracks = tracker.update(nms(detections), ptsMs);
 *       return { detections: tracks, events: door.update(tracks, ptsMs), data: door.counts };
 *     },
 *   };
 * };
 *
 * const context = { stream: "s", model: { name: "m", inputs: [], outputs: [] } };
 * const useCase = await countVisitors({}, { ...context, helpers, pack: () => ({}), log: () => {} });
 * const feet = [0.5, 0.52, 0.54, 0.56, 0.58, 0.6, 0.62];
 * const analyses = feet.map((y, sequence) =>
 *   useCase.postprocess({
 *     rows: {
 *       datatype: "FP32",
 *       shape: [1, 1, 6],
 *       data: Float32Array.of(0.45, y - 0.3, 0.1, 0.3, 0.9, 0),
 *     },
 *   }, {
 *     stream: "s",
 *     sequence,
 *     ptsMs: 40 * sequence,
 *     capturedAtMs: Date.now(),
 *     width: 640,
 *     height: 640,
 *     pixelFormat: "rgbp",
 *     contentRect: { x: 0, y: 0, width: 1, height: 1 },
 *   })
 * );
 * const { data } = await analyses.at(-1)!;
 * if (JSON.stringify(data) !== '{"right":1,"left":0}') throw new Error("one went in");
 * ```
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
export { type Mask, traceMask, type TraceOptions } from "./trace_mask.ts";
export { createTracker, type Tracked, type Tracker, type TrackerOptions } from "./tracker.ts";
export { undoLetterbox, undoLetterboxPoint } from "./undo_letterbox.ts";
export { createZone, type Zone, type ZoneOptions } from "./zone.ts";
