/**
 * Finds persons, vehicles and bikes with an SSD detector.
 *
 * Model: person-vehicle-bike-detection-2002 (Open Model Zoo) or the small one of the demo; input
 * 1×3×H×W BGR, output `[1, 1, N, 7]`, one row a detection: image id (−1 ends the list), label,
 * confidence, x_min, y_min, x_max, y_max in 0…1.
 *
 * @module
 */

import type { Detection, UseCaseFactory } from "../src/mod.ts";

/** What `--use_case_options` may set. */
export interface Options {
  /** Detections below this confidence are left out; 0…1. @default {0.75} */
  threshold?: number;
}

const defaults = { threshold: 0.75 } satisfies Options;

/** Labels by the number the model gives them. */
const labels = ["vehicle", "person", "bike"];

const valuesPerRow = 7;

/** Makes the use case for one stream. */
const personVehicleBike: UseCaseFactory<Options | undefined> = (options) => {
  const { threshold } = { ...defaults, ...options };
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new RangeError(`threshold is ${threshold}, allowed is 0 to 1`);
  }
  return {
    postprocess: function findDetections(outputs) {
      const rows = Object.values(outputs).find(({ shape }) => shape.at(-1) === valuesPerRow);
      if (!(rows?.data instanceof Float32Array)) {
        throw new TypeError("the model has no FP32 output of shape [1,1,N,7]");
      }
      const detections: Detection[] = [];
      for (let at = 0; at < rows.data.length; at += valuesPerRow) {
        const [imageId, labelId, confidence, xMin, yMin, xMax, yMax] = rows.data.subarray(at);
        if (imageId! < 0) break;
        if (confidence! < threshold) continue;
        detections.push({
          label: labels[labelId!] ?? `label ${labelId}`,
          labelId: labelId!,
          confidence: confidence!,
          box: { x: xMin!, y: yMin!, width: xMax! - xMin!, height: yMax! - yMin! },
        });
      }
      return { detections };
    },
  };
};

export default personVehicleBike;
