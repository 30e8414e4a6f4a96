/** The input of a trial: frames with the model's answers, from a clip or from a recording. */

import type { FrameInfo } from "../frame/frame.ts";
import type { Tensors } from "../frame/tensor.ts";

/** One frame on its way to `postprocess`. */
export interface TrialFrame {
  readonly frame: FrameInfo;
  /** The model's answer; null where `preprocess` skipped the frame. */
  readonly outputs: Tensors | null;
}

/** Name of the stream that a plugin under test sees. */
export const trialStream = "test";
