/** Finds the square that moves in the clock camera's pictures; needs no model. */

import type { Analysis, Frame } from "../../src/mod.ts";

/** What it calls it. */
export const label = "square";
/** Room between the square and its box, in pixels of a picture 640 wide. */
export const margin = 12;

/** Rows are scaled, columns are not: the place is true to a pixel. */
const input = { width: 640, height: 36, channels: "gray" } as const;
/** Through the middle of the square, which is brighter than what is around it. */
const row = 4;
const bright = 160;

export default function findSquare() {
  return {
    input,
    preprocess({ data }: Frame) {
      const line = data.subarray(row * input.width, (row + 1) * input.width);
      const left = line.findIndex((value) => value > bright);
      return { left: { datatype: "INT32", shape: [1], data: Int32Array.of(left) } };
    },
    postprocess({ left }: Record<string, { data: unknown }>): Analysis {
      const x = (left!.data as Int32Array)[0]! - margin;
      const box = {
        x: x / 640,
        y: (20 - margin) / 360,
        width: (40 + 2 * margin) / 640,
        height: (40 + 2 * margin) / 360,
      };
      return { detections: [{ label, labelId: 0, confidence: 1, box }] };
    },
  };
}
