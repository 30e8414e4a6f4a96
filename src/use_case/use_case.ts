/** The use case seam: the small file that a user writes. */

import type { Frame, FrameInfo } from "../frame/frame.ts";
import type { Tensors } from "../frame/tensor.ts";
import type { GraphStreamInfo, ModelMetadata } from "../frame/model.ts";
import type { Analysis } from "../frame/analysis.ts";
import type * as helpers from "../helpers/mod.ts";

/** A value, or a promise of it: every method of a use case may be sync or async. */
export type MaybePromise<T> = T | Promise<T>;

/** The pixels that a use case wants. What is omitted comes from the model's metadata. */
export interface InputRequest {
  /** Pixels. Needed only when the model's width is dynamic and the camera's own is too large. */
  readonly width?: number;
  /** Pixels. */
  readonly height?: number;
  /** Order of the color channels, or one of brightness. @default {"bgr"} */
  readonly channels?: "bgr" | "rgb" | "gray";
  /** `stretch` fills the model's input; `letterbox` keeps the aspect ratio. @default {"stretch"} */
  readonly fit?: "stretch" | "letterbox";
  /** Where the channels stand, when the shape does not tell. @default {from the shape} */
  readonly layout?: "NHWC" | "NCHW";
  /**
   * Values of a pixel when the model takes floats: `255` for 0…255 (as OpenVINO's models do), `1`
   * for 0…1. @default {255}
   */
  readonly range?: 1 | 255;
  /** Name of the model's input that takes the picture. @default {the only input with 3 or 4 dimensions} */
  readonly name?: string;
}

/** What stands between a model's numbers and an analysis: `context.helpers` of a use case. */
export type Helpers = typeof helpers;

/** What a factory is given beside its options. */
export interface UseCaseContext {
  /** Name of the stream the use case is made for; each stream has an instance of its own. */
  readonly stream: string;
  /** The model that will be asked. */
  readonly model: ModelMetadata;
  /** What Sightline offers to plugins, for those that import nothing. */
  readonly helpers: Helpers;
  /** Packs a frame into the model's picture input, as is done when there is no `preprocess`. */
  pack(frame: Frame): Tensors;
  /** Writes a line to Sightline's log under the use case's name. */
  log(level: "debug" | "info" | "warning" | "error", message: string): void;
}

/**
 * A use case: what to ask of a model, and what its answer means.
 *
 * Only `postprocess` is required. A method that throws costs that frame (it is counted as `error`),
 * never the stream.
 */
export interface UseCase {
  /** The pixels it wants. @default {what the model's metadata says} */
  readonly input?: InputRequest;
  /**
   * Names of the outputs that a result needs, of a graph that answers each by itself; others come
   * along if they are there by then. @default {all that the graph has}
   */
  readonly outputs?: readonly string[];
  /**
   * Told of the stream to a graph before its first answer: what the graph remembers may be another's.
   * A use case that has this method is asked for in a stream where the model is a graph.
   */
  session?(stream: GraphStreamInfo): MaybePromise<void>;
  /**
   * Turns a frame into the model's inputs, or into `null` to skip the frame (counted as `skipped`).
   * Without it the pixels go to the model's picture input as they are, which is the fast path.
   * Called in frame order.
   */
  preprocess?(frame: Frame): MaybePromise<Tensors | null>;
  /** Turns the model's outputs into an {@link Analysis}. Called in frame order, one at a time. */
  postprocess(outputs: Tensors, frame: FrameInfo): MaybePromise<Analysis>;
  /** Draws into the live view, after boxes and annotations were drawn; only while there are viewers. */
  visualize?(picture: Picture, analysis: Analysis): MaybePromise<void>;
  /** Called once, last. */
  dispose?(): MaybePromise<void>;
}

/** A picture of the live view that may be drawn into. */
export interface Picture {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** `width × height × 4` bytes, RGBA. */
  readonly data: Uint8Array;
}

/**
 * The default export of a plugin: takes the options of `--use_case_options`, returns a literal.
 * Called once for each stream; throwing refuses the options.
 */
export type UseCaseFactory<Options = unknown> = (
  options: Options,
  context: UseCaseContext,
) => MaybePromise<UseCase>;
