/** Reads the number of a picture from the model's answer, and misbehaves when told to. */

import type { Analysis, Frame, FrameInfo, UseCaseContext } from "../../src/mod.ts";
import { frameNumber } from "./clips.ts";

/** What `--use_case_options` may set: every third frame is treated so. */
export interface EchoOptions {
  readonly everyThird?:
    | "preprocess_throws"
    | "postprocess_throws"
    | "skipped"
    | "nan_box"
    | "cyclic_data"
    | "no_object";
  /** Milliseconds that `postprocess` takes. */
  readonly takesMs?: number;
  /** Bytes that each record is longer by. */
  readonly padding?: number;
}

/** Makes the use case for one stream. */
export default function echo(options: EchoOptions | undefined, context: UseCaseContext) {
  const { everyThird, takesMs = 0, padding = 0 } = options ?? {};
  const isThird = ({ sequence }: FrameInfo) => sequence % 3 === 2;
  return {
    preprocess(frame: Frame) {
      if (isThird(frame) && everyThird === "preprocess_throws") throw new Error("no third before");
      if (isThird(frame) && everyThird === "skipped") return null;
      return context.pack(frame);
    },
    async postprocess(
      { echo }: Record<string, { shape: readonly number[]; data: unknown }>,
      frame: FrameInfo,
    ): Promise<Analysis> {
      if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
      if (isThird(frame)) {
        const answer = misbehave(everyThird);
        if (answer !== undefined) return answer;
      }
      const [, height = 0, width = 0] = echo!.shape;
      const number = frameNumber(echo!.data as Uint8Array, width, height, 3);
      return { data: padding > 0 ? { number, padding: "x".repeat(padding) } : { number } };
    },
  };
}

function misbehave(how: EchoOptions["everyThird"]): Analysis | undefined {
  switch (how) {
    case "postprocess_throws":
      throw new Error("no third after");
    case "no_object":
      return 3 as unknown as Analysis;
    case "nan_box": {
      const box = { x: NaN, y: 0, width: 1, height: 1 };
      return { detections: [{ label: "x", labelId: 0, confidence: 1, box }] };
    }
    case "cyclic_data": {
      const data: Record<string, unknown> = {};
      data.data = data;
      return { data };
    }
    default:
      return undefined;
  }
}
