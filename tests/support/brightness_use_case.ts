/** Tells whether a picture is bright, by a model that gives the mean of each channel. */

import type { Analysis, FrameInfo } from "../../src/mod.ts";

export default function tellBrightness(options: { takesMs?: number } | undefined) {
  const { takesMs = 0 } = options ?? {};
  return {
    async postprocess(
      { means }: Record<string, { data: unknown }>,
      frame: FrameInfo,
    ): Promise<Analysis> {
      if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
      const level = (means!.data as Float32Array)[0]!;
      const label = level > 127 ? "bright" : "dark";
      return {
        classifications: [{ label, labelId: 0, confidence: 1 }],
        data: { width: 1 / frame.contentRect.width },
      };
    },
  };
}
