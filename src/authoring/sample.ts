/** What a trial is fed with, one for each frame: from a clip and a model, or from a recording. */

import type { FrameInfo } from "../frame/frame.ts";
import type { Tensors } from "../frame/tensor.ts";

/** One frame on its way to `postprocess`. */
export interface Sample {
  readonly frame: FrameInfo;
  /** The model's answer; null where `preprocess` skipped the frame. */
  readonly outputs: Tensors | null;
}

/** Name of the stream that a plugin under test is told. */
export const trialStream = "test";
