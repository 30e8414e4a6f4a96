/** Asks no model, and skips every third frame. */

import type { Frame, FrameInfo } from "../../src/mod.ts";

/** Makes the use case for one stream. */
export default function thirds() {
  return {
    input: { width: 64, height: 36, pixelFormat: "bgr24" as const },
    preprocess({ sequence, data }: Frame) {
      const pixels = { datatype: "UINT8" as const, shape: [data.length], data };
      return sequence % 3 === 2 ? null : { pixels };
    },
    async postprocess(_outputs: unknown, frame: FrameInfo) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { data: frame.sequence };
    },
  };
}
