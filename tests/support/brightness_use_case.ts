/** Tells whether a picture is bright, by a model that gives the mean of each channel. */

import type { Analysis, FrameInfo } from "../../src/mod.ts";

export default function tellBrightness() {
  return {
    postprocess({ means }: Record<string, { data: unknown }>, frame: FrameInfo): Analysis {
      const level = (means!.data as Float32Array)[0]!;
      const label = level > 127 ? "bright" : "dark";
      return {
        classifications: [{ label, labelId: 0, confidence: 1 }],
        data: { width: 1 / frame.picture.width },
      };
    },
  };
}
