/** Finds the first four bars of a numbered clip, and tells the picture's number; needs no model. */

import type { Analysis, Frame } from "../../src/mod.ts";
import { frameNumber } from "./clips.ts";

/** Bars that are reported: the lowest bits of the number. */
export const bars = 4;
const allBars = 12;

export default function findBars(options: { tracks?: boolean } | undefined) {
  return {
    input: { width: 48, height: 16, channels: "gray" },
    preprocess(frame: Frame) {
      const number = frameNumber(frame.data, frame.width, frame.height, 1);
      return { number: { datatype: "INT32", shape: [1], data: Int32Array.of(number) } };
    },
    postprocess({ number }: Record<string, { data: unknown }>): Analysis {
      return {
        detections: Array.from({ length: bars }, (_, bar) => ({
          label: `bar${bar}`,
          labelId: bar,
          confidence: 0.9,
          box: { x: bar / allBars, y: 0.25, width: 1 / allBars, height: 0.5 },
          ...(options?.tracks && { trackId: bar + 1 }),
        })),
        data: { number: (number!.data as Int32Array)[0] },
      };
    },
  };
}
