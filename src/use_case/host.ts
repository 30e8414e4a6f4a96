/** The seam between a stream and the code of a plugin, wherever that code runs. */

import type { Logger } from "@logtape/logtape";
import type { Analysis } from "../frame/analysis.ts";
import type { Frame, FrameFormat, FrameInfo } from "../frame/frame.ts";
import type { ModelMetadata } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import type { MaybePromise, Picture } from "./use_case.ts";

/** A use case that is ready to work for one stream. */
export interface UseCaseHost {
  /** What it is called in records and log lines. */
  readonly name: string;
  /** What the source must deliver for it. */
  readonly format: FrameFormat;
  /** The model's inputs for a frame, or null to skip the frame. */
  preprocess(frame: Frame): MaybePromise<Tensors | null>;
  /** What the model's outputs mean. */
  postprocess(outputs: Tensors, frame: FrameInfo): MaybePromise<Analysis>;
  /** Draws into the live view; absent when the use case draws nothing of its own. */
  readonly visualize?: (picture: Picture, analysis: Analysis) => MaybePromise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a host needs to know to bring a plugin to life. */
export interface UseCaseRequest {
  /** Path or URL of the plugin. */
  readonly module: string;
  /** For the plugin's factory. */
  readonly options: unknown;
  /** Name of the stream. */
  readonly stream: string;
  readonly model: ModelMetadata;
  /** Send the frame as one JPEG instead of pixels. */
  readonly binaryInput: boolean;
  readonly logger: Logger;
}
