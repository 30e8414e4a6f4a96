/**
 * Finds persons, vehicles and bikes with an SSD detector.
 *
 * Model: person-vehicle-bike-detection-2002 (Open Model Zoo) or the small one of the demo
 * (`demo/person_vehicle_bike.onnx`); input 1×3×H×W BGR, output `[1, 1, N, 7]`, one row a detection:
 * image id (−1 ends the list), label, confidence, x_min, y_min, x_max, y_max in 0…1. Any other SSD
 * with such an output does too, with its `labels`.
 *
 * @module
 */

import { type Detection, undoLetterbox, type UseCaseFactory } from "../src/mod.ts";
import { fraction, names, readOptions } from "./parts/options.ts";

/** What `--use_case_options` may set. */
export interface Options {
  /** Detections below this confidence are left out; 0…1. @default {0.75} */
  readonly threshold?: number;
  /** Names by the number the model gives a class. @default {["vehicle", "person", "bike"]} */
  readonly labels?: readonly string[];
}

const defaults = {
  threshold: 0.75,
  labels: ["vehicle", "person", "bike"],
} satisfies Options;

const valuesPerRow = 7;

/** Makes the use case for one stream. */
const personVehicleBike: UseCaseFactory<Options | undefined> = (options) => {
  const { threshold, labels } = readOptions<Options, typeof defaults>(options, defaults, {
    threshold: fraction,
    labels: names,
  });
  return {
    postprocess: function findDetections(outputs, frame) {
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
          box: undoLetterbox(
            { x: xMin!, y: yMin!, width: xMax! - xMin!, height: yMax! - yMin! },
            frame.picture,
          ),
        });
      }
      return { detections };
    },
  };
};

export default personVehicleBike;
