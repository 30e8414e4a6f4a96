/** Finds objects with an SSD detector: one output `[1, 1, N, 7]`, one row for each object. */

import type { Detection, UseCaseFactory } from "../../../contract.ts";

/** What `--use_case_options` may set. */
export interface Options {
  /** Objects below this confidence are left out; 0…1. @default {0.5} */
  threshold?: number;
  /** Names of the classes, by the number that the model gives them. */
  labels?: string[];
}

const defaults = { threshold: 0.5, labels: ["vehicle", "person", "bike"] } satisfies Options;

const makeMyUseCase: UseCaseFactory<Options | undefined> = (options) => {
  const { threshold, labels } = { ...defaults, ...options };
  return {
    postprocess: function findObjects(outputs, { contentRect }) {
      const rows = Object.values(outputs).find(({ shape }) => shape.at(-1) === 7);
      if (!(rows?.data instanceof Float32Array)) throw new TypeError("no output [1,1,N,7]");
      const detections: Detection[] = [];
      for (let at = 0; at < rows.data.length; at += 7) {
        // Corners in 0…1 of the frame, of which `contentRect` is the camera's picture. An image id of
        // -1 ends the list.
        const [imageId, labelId, confidence, x1, y1, x2, y2] = rows.data.subarray(at);
        if (imageId! < 0) break;
        if (confidence! < threshold) continue;
        const label = labels[labelId!] ?? `label ${labelId}`;
        const [left, right] = [x1!, x2!].map((x) => (x - contentRect.x) / contentRect.width);
        const [top, bottom] = [y1!, y2!].map((y) => (y - contentRect.y) / contentRect.height);
        const box = { x: left!, y: top!, width: right! - left!, height: bottom! - top! };
        detections.push({ label, labelId: labelId!, confidence: confidence!, box });
      }
      return { detections };
    },
  };
};

export default makeMyUseCase;
