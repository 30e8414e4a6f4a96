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
  /** Where it is in the picture. */
  readonly box: Box;
  /**
   * Number of the object that it shows, the same from frame to frame, from 1; absent when
   * objects are not tracked.
   */
  readonly trackId?: number;
  /** What a secondary model said of it; Sightline adds it, not the use case. */
  readonly secondary?: SecondaryAnalysis;
}

/** What a secondary model said of one object, having looked at its part of the picture alone. */
export interface SecondaryAnalysis {
  /** The name of its use case. */
  readonly useCase: string;
  /** Classes it gave to the object. */
  readonly classifications?: readonly Classification[];
  /** Boxes are fractions of the camera's whole picture, as everywhere. */
  readonly detections?: readonly Detection[];
  /** Free data of its use case; anything JSON can hold. */
  readonly data?: unknown;
}

/** A class given to the whole picture. */
export interface Classification {
  /** Name of the class, such as `day`. */
  readonly label: string;
  /** Number of the class as the model knows it. */
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
  /** Objects that were found. */
  readonly detections?: readonly Detection[];
  /** Classes of the picture as a whole, most likely first. */
  readonly classifications?: readonly Classification[];
  /** What happened at this frame. */
  readonly events?: readonly AnalysisEvent[];
  /** What the live view draws besides the detections. */
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
  /** Left edge, from the picture's left. */
  readonly x: number;
  /** Upper edge, from the picture's top. */
  readonly y: number;
  /** Extent to the right of `x`. */
  readonly width: number;
  /** Extent below `y`. */
  readonly height: number;
}

/** Everything about a frame but its pixels. */
export interface FrameInfo {
  /** Name of the stream the frame belongs to. */
  readonly stream: string;
  /** Number of the frame in its stream, from 0, without gaps. */
  readonly sequence: number;
  /**
   * Presentation time on the stream's own clock, in milliseconds. It never goes back and never
   * jumps: it goes on over reconnections, and keeps to the time that passed where a camera's stamps
   * do not.
   */
  readonly ptsMs: number;
  /**
   * Wall-clock time at which the frame's packet came, or would have come had nothing held it up, in
   * milliseconds since 1970. It never goes back within a run.
   */
  readonly capturedAtMs: number;
  /** Width of `data` in pixels. */
  readonly width: number;
  /** Height of `data` in pixels. */
  readonly height: number;
  /** How the bytes of `data` are laid out. */
  readonly pixelFormat: PixelFormat;
  /**
   * Where the camera's picture lies within the frame: less than the whole when it is letterboxed,
   * and beyond its edges when only a region of the picture is looked at.
   */
  readonly contentRect: Region;
}

/** One decoded picture, scaled and laid out by ffmpeg. Readonly: it may be shared. */
export interface Frame extends FrameInfo {
  /** `width × height × bytesPerPixel[pixelFormat]` bytes, or one JPEG file. */
  readonly data: Uint8Array<ArrayBuffer>;
  /**
   * Gives the memory of `data` back for a later frame, once it is not read any more. It need
   * not be called; use cases leave it alone.
   */
  release?(): void;
}

/** Name, type and shape of one input or output of a model. */
export interface TensorSpec {
  /** As the model calls it. */
  readonly name: string;
  /** Type of one element. */
  readonly datatype: DataType;
  /** Extent of each dimension, −1 where any will do. */
  readonly shape: readonly number[];
}

/** Names, types and shapes of everything that goes into a model and comes out of it. */
export interface ModelMetadata {
  /** As the server, or the file, calls it. */
  readonly name: string;
  /** The version that serves; absent when the backend has none. */
  readonly version?: string;
  /** In the model's own order. */
  readonly inputs: readonly TensorSpec[];
  /** In the model's own order. */
  readonly outputs: readonly TensorSpec[];
  /**
   * A graph of a model server, which names its inputs and outputs and nothing else: their shapes are
   * given as empty, their types as UINT8.
   */
  readonly graph?: true;
  /** Names of the classes by their numbers, where the model itself tells them. */
  readonly labels?: readonly string[];
  /** What its author wrote into it, such as ultralytics' `task`; absent when nothing is known. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** One stream of requests to a graph, which keeps its state for as long as the stream lasts. */
export interface GraphStreamInfo {
  /** 1 for the first of a camera, then counted up each time it had to be opened again. */
  readonly number: number;
  /**
   * What the graph remembers as the stream begins: `fresh`, nothing; `pooled`, what it was last used
   * for, perhaps with another camera; `unknown`: the server does not tell.
   */
  readonly state: "fresh" | "pooled" | "unknown";
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
  | HalfFloats
  | Float32Array
  | Float64Array
  | readonly Uint8Array[];

/** `Float16Array`; nothing where the author's library is older than it (before ES2025). */
export type HalfFloats = typeof globalThis extends
  { readonly Float16Array: { readonly prototype: infer Halves } } ? Halves : never;

/** One named input or output value. */
export interface Tensor {
  /** Type of one element. */
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
export interface Helpers {
  /** The point that stands for a box. */
  anchorPoint(box: Box, anchor: Anchor): Point;
  /** Index of the largest value, the first of equal ones; −1 when there is none. NaN never wins. */
  argmax(values: ArrayLike<number>, start?: number, end?: number): number;
  /**
   * The 80 object classes of COCO, in the order in which detectors trained on it number them
   * (0…79, without the gaps of the data set's own 91 numbers).
   */
  readonly cocoLabels: readonly string[];
  /** Makes a cool-down: for each key at most one pass in `pauseMs` milliseconds of the stream's clock. */
  createCooldown(pauseMs: number): Cooldown;
  /** Makes a line that counts who crosses it, by direction. */
  createLine(options: LineOptions): Line;
  /**
   * Makes a multi-object tracker: ByteTrack (Zhang et al., 2022) with times in milliseconds, so that
   * dropped frames and any frame rate do no harm.
   */
  createTracker(options?: TrackerOptions): Tracker;
  /**
   * Makes a zone that reports what enters, stays and leaves. It waits a little before it believes either,
   * so that a box that trembles on the edge, or is missed for a moment, is one stay and not twenty.
   */
  createZone(options: ZoneOptions): Zone;
  /** The side to which a step from one point to another crosses a line, or null when it does not. */
  crossingSide(from: Point, to: Point, line: Segment): Side | null;
  /**
   * The numbers of an output in row-major order: as they are when the output is FP32, else converted
   * (FP16, FP64, integers, and booleans as 0 and 1; integers above 2^24 are rounded).
   */
  floats(outputs: Tensors, choice?: OutputChoice): Float32Array;
  /** Intersection over union of two boxes: the area they share by the area they cover together. */
  iou(a: Box, b: Box): number;
  /** Non-maximum suppression: of detections that overlap, keeps the most confident one. */
  nms<D extends Detection>(detections: readonly D[], options?: NmsOptions): D[];
  /** Reads a label file: the name at index i is that of class i. */
  parseLabels(text: string): string[];
  /** The output that is meant, with its `shape`, `datatype` and `data`. */
  pickOutput(outputs: Tensors, choice?: OutputChoice): Tensor;
  /** Whether a point lies in a polygon or on its edge. */
  pointInPolygon(point: Point, polygon: readonly Point[]): boolean;
  /** Turns one score (logit) into a probability, 0…1; a score of 0 is 0.5. */
  sigmoid(score: number): number;
  /** Turns scores (logits) into shares that add up to 1, in the same order. */
  softmax(scores: ArrayLike<number>): Float32Array<ArrayBuffer>;
  /**
   * The `k` largest values with their indices, largest first, the first of equal ones first; fewer
   * when there are fewer. NaN is left out.
   */
  topK(values: ArrayLike<number>, k: number): Ranked[];
  /**
   * The outlines of what a mask shows, as closed polygons in fractions (0…1) of the mask, the largest
   * region first. Cells that touch by a corner only are regions of their own; holes are filled.
   */
  traceMask(mask: Mask, options?: TraceOptions): Point[][];
  /**
   * Turns a box in fractions of the frame (what the model saw) into fractions of the camera's
   * picture, cut off at its edges.
   */
  undoLetterbox(box: Box, contentRect: Region): Box;
  /** The same for one point, such as a joint of a pose or a corner of a mask's outline. */
  undoLetterboxPoint(point: Point, contentRect: Region): Point;
}

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

/** Lets something happen at most once in a while. */
export interface Cooldown {
  /**
   * True when `key` may happen now, which starts its pause; false while the pause lasts. `ptsMs` is
   * the frame's.
   */
  pass(key: string | number, ptsMs: number): boolean;
}

/** A line from its first point to its second. */
export type Segment = readonly [from: Point, to: Point];

/** A side of a line, as seen on the picture by who walks from its first point to its second. */
export type Side = "left" | "right";

/** What a line is and how it counts. */
export interface LineOptions {
  /** What the line is called in its events. */
  readonly name: string;
  /** Its two ends; fractions of the picture. */
  readonly points: Segment;
  /**
   * What the directions are called: to the right and to the left of someone who walks on the
   * picture from the first point to the second (for a line drawn from left to right, `right` is
   * downwards). @default {{ right: "right", left: "left" }}
   */
  readonly directions?: Readonly<Record<Side, string>>;
  /** Which point of a box must cross. @default {"bottom"} */
  readonly anchor?: Anchor;
  /**
   * How far behind the line an object must be before it has crossed, as a fraction of the picture;
   * a box that trembles on the line by less than this is not counted again and again, and one that
   * vanishes nearer to it is not counted at all.
   * @default {0.01}
   */
  readonly margin?: number;
}

/** A line of one stream, and how often it was crossed. */
export interface Line {
  /**
   * Takes the tracks of the next frame and returns an event for each that has crossed:
   * `{ type: "line_crossed", line, track_id, label, direction }`. `ptsMs` is the frame's.
   */
  update(tracks: readonly Tracked[], ptsMs: number): AnalysisEvent[];
  /** Crossings so far by the name of the direction. */
  readonly counts: Readonly<Record<string, number>>;
}

/** How {@link nms} decides. */
export interface NmsOptions {
  /**
   * Of two boxes whose IoU is above this, only the more confident one stays; 0…1.
   * @default {0.45}
   */
  readonly iouThreshold?: number;
  /** Compare only boxes with the same `labelId`; false compares all. @default {true} */
  readonly perClass?: boolean;
}

/**
 * Which of a model's outputs is meant: its name, or its shape with −1 where any extent will do.
 * Omitted: the only one.
 */
export type OutputChoice = string | readonly number[];

/** A point in fractions (0…1) of the camera's picture, origin top left, y downwards. */
export type Point = readonly [x: number, y: number];

/**
 * The point of a box that stands for the object: `bottom` is the middle of the lower edge (where
 * it touches the ground), `center` the middle of the box.
 */
export type Anchor = "bottom" | "center";

/** A value and where it stood. */
export interface Ranked {
  /** From 0. */
  readonly index: number;
  /** What stands there. */
  readonly value: number;
}

/** Which cells of a grid belong to something. */
export interface Mask {
  /** Cells in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Whether the cell belongs to it. */
  has(x: number, y: number): boolean;
}

/** How {@link traceMask} simplifies. */
export interface TraceOptions {
  /** Regions of fewer cells are left out. @default {4} */
  readonly minArea?: number;
  /** How far a point that is left out may lie from the outline, in cells. @default {1} */
  readonly tolerance?: number;
}

/** How {@link createTracker} decides. Confidences and IoU are 0…1. */
export interface TrackerOptions {
  /** From here on a detection is trusted: it is matched first. @default {0.4} */
  readonly highConfidence?: number;
  /**
   * From here on a detection may still continue a track that nothing else continues (most often:
   * the object is half hidden). So let the detector report down to here. @default {0.1}
   */
  readonly lowConfidence?: number;
  /** From here on a detection that belongs to no track begins one. @default {0.5} */
  readonly newConfidence?: number;
  /**
   * How long an object may be unseen and keep its number, in milliseconds of the stream's clock.
   * Must be above the time between frames. @default {2000}
   */
  readonly lostBufferMs?: number;
  /**
   * How often in succession an object must be seen before it is reported; 1 reports at once, and
   * every false alarm too. @default {3}
   */
  readonly minHits?: number;
  /** Let a track keep to one `labelId`; false lets its class change. @default {true} */
  readonly perClass?: boolean;
}

/** A detection, and the number of the object that it shows. */
export type Tracked<D extends Detection = Detection> = D & {
  /** From 1, counted up by each tracker, never given twice. */
  readonly trackId: number;
};

/** Follows objects from frame to frame. Belongs to one stream. */
export interface Tracker {
  /**
   * Takes the detections of the next frame and returns those that show a confirmed object, in the
   * same order, each as a copy with its `trackId`. Give it every frame, also one without
   * detections. Detections that are not finite belong to no track.
   *
   * `ptsMs` is the frame's own; a clock that goes back has started again, and so does the tracker
   * (but for the numbers).
   *
   * @throws {RangeError} when `ptsMs` is not finite.
   */
  update<D extends Detection>(detections: readonly D[], ptsMs: number): Tracked<D>[];
}

/** What a zone is and when it speaks. Times are milliseconds of the stream's clock. */
export interface ZoneOptions {
  /** What the zone is called in its events. */
  readonly name: string;
  /** Corners of the zone, at least three; fractions of the picture. */
  readonly polygon: readonly Point[];
  /** Which point of a box must be inside. @default {"bottom"} */
  readonly anchor?: Anchor;
  /** How long an object must be seen inside before it has entered. @default {200} */
  readonly enterAfterMs?: number;
  /** How long it must be outside, or unseen, before it has left. @default {1000} */
  readonly leaveAfterMs?: number;
  /** Report an object once when it has stayed this long. @default {never} */
  readonly dwellMs?: number;
}

/** A zone of one stream, and who is in it. */
export interface Zone {
  /**
   * Takes the tracks of the next frame and returns what happened. Give it every frame, also one
   * without tracks.
   *
   * | `type` | when | keys beside `zone`, `track_id`, `label` |
   * | --- | --- | --- |
   * | `zone_entered` | seen inside for `enterAfterMs` | |
   * | `zone_dwelled` | stayed for `dwellMs`, once a stay | `dwell_ms` |
   * | `zone_left` | outside or unseen for `leaveAfterMs` | `dwell_ms` |
   *
   * `dwell_ms` counts from when it was first to when it was last seen inside. Each `zone_entered`
   * is followed by one `zone_left`: a clock that goes back has started again, and what was inside
   * leaves.
   */
  update(tracks: readonly Tracked[], ptsMs: number): AnalysisEvent[];
  /** Ends all stays now, as at the end of the stream: the `zone_left` that are due. */
  clear(): AnalysisEvent[];
  /** Numbers of the objects that have entered and not left. */
  readonly inside: ReadonlySet<number>;
}
