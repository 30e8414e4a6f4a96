/**
 * The contract between Sightline and a plugin in one module without imports, so that a plugin in any
 * folder can name it in a type-only import, with nothing installed. `deno task contract` makes it of
 * the types that `src/mod.ts` exports: change those, not this file.
 *
 * @module
 */

/**
 * A box in fractions (0…1) of the camera's picture, origin top left, whatever the model saw
 * (a letterbox is undone).
 */
export type Box = Region;

/** One object that was found. */
export interface Detection {
  /** Name of the class, such as `person`. */
  readonly label: string;
  /** Number of the class as the model knows it. */
  readonly labelId: number;
  /** 0…1. */
  readonly confidence: number;
  readonly box: Box;
  /**
   * Number of the object that it shows, the same from frame to frame, from 1; absent when nobody
   * follows objects.
   */
  readonly trackId?: number;
}

/** A class given to the whole picture. */
export interface Classification {
  readonly label: string;
  readonly labelId: number;
  /** 0…1. */
  readonly confidence: number;
}

/** Something that happened: a line was crossed, a zone was entered. */
export interface AnalysisEvent {
  /** What kind of event, such as `line_crossed`. */
  readonly type: string;
  /** Anything JSON can hold. */
  readonly [key: string]: unknown;
}

/** Something to draw that is no detection: a line, a zone, a caption. Fractions of the picture. */
export type Annotation =
  | {
    readonly kind: "polyline";
    readonly points: readonly (readonly [x: number, y: number])[];
    readonly closed?: boolean;
    /** `#rrggbb`. @default {"#ffffff"} */
    readonly color?: string;
  }
  | {
    readonly kind: "text";
    readonly x: number;
    readonly y: number;
    readonly text: string;
    /** `#rrggbb`. @default {"#ffffff"} */
    readonly color?: string;
  };

/** The outcome of one frame. Leave out what the use case does not produce. */
export interface Analysis {
  readonly detections?: readonly Detection[];
  readonly classifications?: readonly Classification[];
  readonly events?: readonly AnalysisEvent[];
  readonly annotations?: readonly Annotation[];
  /** Free data for the record; anything JSON can hold. */
  readonly data?: unknown;
}

/**
 * How the bytes of a {@link Frame} are laid out.
 *
 * | name | element | order of bytes | elements |
 * | --- | --- | --- | --- |
 * | `bgr24`, `rgb24` | uint8 0…255 | interleaved: height × width × 3 | NHWC models, drawing |
 * | `bgrp`, `rgbp` | uint8 0…255 | planar: 3 × height × width | NCHW models |
 * | `gray` | uint8 0…255 | height × width | motion detection |
 * | `jpeg` | one JPEG file | of any length | model servers that decode pictures themselves |
 */
export type PixelFormat =
  | "bgr24"
  | "rgb24"
  | "bgrp"
  | "rgbp"
  | "gray"
  | "jpeg";

/** A rectangle in fractions (0…1) of some picture; origin top left. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Everything about a frame but its pixels. */
export interface FrameInfo {
  /** Name of the stream the frame belongs to. */
  readonly stream: string;
  /** Number of the frame in its stream, from 0, without gaps. */
  readonly sequence: number;
  /** Presentation time on the stream's own clock, in milliseconds. */
  readonly ptsMs: number;
  /** Wall-clock time at which the frame's packet was demuxed, in milliseconds since 1970. */
  readonly capturedAtMs: number;
  /** Width of `data` in pixels. */
  readonly width: number;
  /** Height of `data` in pixels. */
  readonly height: number;
  readonly pixelFormat: PixelFormat;
  /**
   * Where the camera's picture lies within the frame: less than the whole when it is letterboxed,
   * and beyond its edges when only a region of the picture is looked at.
   */
  readonly picture: Region;
}

/** One decoded picture, scaled and laid out by ffmpeg. Readonly: it may be shared. */
export interface Frame extends FrameInfo {
  /** `width × height × bytesPerPixel[pixelFormat]` bytes, or one JPEG file. */
  readonly data: Uint8Array<ArrayBuffer>;
  /**
   * Gives the memory of `data` back for a later frame, once nobody will look at it again. It need
   * not be called; use cases leave it alone.
   */
  release?(): void;
}

/** Name, type and shape of one input or output of a model. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: DataType;
  /** Extent of each dimension, −1 where any will do. */
  readonly shape: readonly number[];
}

/** Names, types and shapes of everything that goes into a model and comes out of it. */
export interface ModelMetadata {
  readonly name: string;
  /** The version that serves; absent when the backend has none. */
  readonly version?: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** Element types, by the names KServe v2 gives them. */
export type DataType =
  | "BOOL"
  | "UINT8"
  | "UINT16"
  | "UINT32"
  | "UINT64"
  | "INT8"
  | "INT16"
  | "INT32"
  | "INT64"
  | "FP16"
  | "FP32"
  | "FP64"
  | "BYTES";

/**
 * Elements of a tensor in row-major order. `BOOL` is a `Uint8Array` of 0 and 1; `BYTES` is a list
 * of byte strings (encoded pictures, labels), one for each element.
 */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float16Array
  | Float32Array
  | Float64Array
  | readonly Uint8Array[];

/** One named input or output value. */
export interface Tensor {
  readonly datatype: DataType;
  /** Extent of each dimension, outermost first, none negative. */
  readonly shape: readonly number[];
  /** As many elements as the product of `shape`. */
  readonly data: TensorData;
}

/** Tensors by the name the model knows them by. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** A value, or a promise of it: every method of a use case may be sync or async. */
export type MaybePromise<T> = T | Promise<T>;

/** The pixels that a use case wants. What is omitted comes from the model's metadata. */
export interface InputRequest {
  /** Pixels. Needed only when the model's width is dynamic and the camera's own is too large. */
  readonly width?: number;
  /** Pixels. */
  readonly height?: number;
  /** @default {"bgr"} */
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

/** What a factory is given beside its options. */
export interface UseCaseContext {
  /** Name of the stream the use case is made for; each stream has an instance of its own. */
  readonly stream: string;
  /** The model that will be asked. */
  readonly model: ModelMetadata;
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
   * Turns a frame into the model's inputs, or into `null` to skip the frame (counted as `skipped`).
   * Without it the pixels go to the model's picture input as they are, which is the fast path.
   * Called in frame order.
   */
  preprocess?(frame: Frame): MaybePromise<Tensors | null>;
  /** Turns the model's outputs into an {@link Analysis}. Called in frame order, one at a time. */
  postprocess(outputs: Tensors, frame: FrameInfo): MaybePromise<Analysis>;
  /** Draws into the live view, after boxes and annotations were drawn; only while somebody watches. */
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
