/** The seam between a stream and the code of a plugin, wherever that code runs. */

import type { Analysis } from "../frame/analysis.ts";
import type { Frame, FrameFormat, FrameInfo } from "../frame/frame.ts";
import type { GraphStreamInfo, ModelMetadata } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import type { MaybePromise, Picture } from "./use_case.ts";

/** A use case that is ready to work for one stream. */
export interface UseCaseHost {
  /** What it is called in records and log lines. */
  readonly name: string;
  /** What the source must deliver for it. */
  readonly format: FrameFormat;
  /** Outputs that a result needs; absent = all that a graph has. */
  readonly outputs?: readonly string[] | undefined;
  /** Tells of a stream to a graph; absent when the use case asks for none. */
  readonly session?: ((stream: GraphStreamInfo) => MaybePromise<void>) | undefined;
  /**
   * The model's inputs for a frame, or null to skip the frame. Takes the frame: afterwards its bytes
   * may be gone.
   */
  preprocess(frame: Frame): MaybePromise<Tensors | null>;
  /** Takes the inputs of a frame back once they are not used any more; absent = never. */
  release?(inputs: Tensors): void;
  /** What the model's outputs mean. Takes the outputs: afterwards their elements may be gone. */
  postprocess(outputs: Tensors, frame: FrameInfo): MaybePromise<Analysis>;
  /** Draws into the live view; absent when the use case draws nothing of its own. */
  readonly visualize?: ((picture: Picture, analysis: Analysis) => MaybePromise<void>) | undefined;
  /** Aborts when it wants to be opened anew, as it now needs other frames. */
  readonly stale?: AbortSignal;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Draws what a stream has to say into a picture. */
export type DrawStream = (
  picture: Picture,
  analysis: Analysis,
  stream: string,
) => MaybePromise<void>;

/** What a host needs to know to make a use case of a plugin. */
export interface UseCaseRequest {
  readonly model: ModelMetadata;
  /** Send the frame as one JPEG instead of pixels. */
  readonly binaryInput: boolean;
  /** Told each time the plugin has died and works again. */
  readonly onRestart?: () => void;
  /** Told before the first result of another version of the plugin, which remembers nothing. */
  readonly onReplaced?: () => void;
}
