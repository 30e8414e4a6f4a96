/** One picture of one stream, as the model takes it. */

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

/** Formats in which every frame of one size takes the same number of bytes. */
export type RawPixelFormat = Exclude<PixelFormat, "jpeg">;

/** Bytes that one pixel of each raw format takes, all its channels together. */
export const bytesPerPixel: Readonly<Record<RawPixelFormat, number>> = {
  bgr24: 3,
  rgb24: 3,
  bgrp: 3,
  rgbp: 3,
  gray: 1,
};

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

/** The region that is the whole picture. */
export const wholePicture: Region = { x: 0, y: 0, width: 1, height: 1 };

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

/** Everything about a frame but its pixels, and nothing else that may hang on it. */
export function infoOf(frame: FrameInfo): FrameInfo {
  const { stream, sequence, ptsMs, capturedAtMs, width, height, pixelFormat, contentRect } = frame;
  return { stream, sequence, ptsMs, capturedAtMs, width, height, pixelFormat, contentRect };
}

/** Pixels that were cut out of a {@link FullPicture}. */
export type CutPixels = Pick<Frame, "width" | "height" | "pixelFormat" | "contentRect" | "data">;

/** The camera's picture at its full size, which stays outside until a part of it is asked for. */
export interface FullPicture {
  /**
   * A region of the camera's picture, scaled and laid out. Null when the picture is no longer kept:
   * it is for a moment only.
   */
  crop(region: Region, format: FrameFormat): Promise<CutPixels | null>;
  /** To be called when no part of it is wanted any more. */
  release(): void;
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

/** What a source is asked to deliver. */
export interface FrameFormat {
  /** Pixels; the source's own width when absent, as it is shown: its pixels may not be square. */
  readonly width?: number;
  /** Pixels; the source's own height when absent. */
  readonly height?: number;
  readonly pixelFormat: PixelFormat;
  /** `stretch` fills the frame; `letterbox` keeps the aspect ratio that a person sees and pads with grey (114). */
  readonly fit: "stretch" | "letterbox";
}
