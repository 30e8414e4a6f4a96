/** Crops, scales and converts a YUV picture as a model takes it. */

import {
  bytesPerPixel,
  type FrameFormat,
  type PixelFormat,
  type Region,
} from "../../frame/frame.ts";

/** Rows of a picture, YUV 4:2:0, 8 bit, limited range. */
export interface YuvPicture {
  /** Pixels in a row of `luma`. */
  readonly width: number;
  readonly luma: Uint8Array;
  /** Pixels in a row of `u` and `v`. */
  readonly chromaWidth: number;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
}

/** A rectangle in whole pixels. */
export interface PixelRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels as a model takes them. */
export interface SampledPixels {
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: PixelFormat;
  readonly data: Uint8Array<ArrayBuffer>;
  /** Where the rectangle lies in them: less than the whole when it is letterboxed. */
  readonly shown: Region;
}

/** The grey that letterboxed models are trained with. */
const padGrey = 114;

/**
 * Cuts `rect` out of the picture and scales it. Each pixel is a mean over what it covers, so that
 * nothing flickers when much becomes little.
 * `pixelRatio`: width over height of the picture's pixels as they are shown.
 * @throws {RangeError} for JPEG
 */
export function sampleYuv(
  picture: YuvPicture,
  rect: PixelRect,
  format: FrameFormat,
  pixelRatio = 1,
): SampledPixels {
  const { pixelFormat, fit } = format;
  if (pixelFormat === "jpeg") throw new RangeError("Cannot cut a part out as JPEG: send pixels");
  const shownWidth = rect.width * pixelRatio;
  const { width = Math.max(1, Math.round(shownWidth)), height = rect.height } = format;
  const scale = Math.min(width / shownWidth, height / rect.height);
  const inner = fit === "stretch" ? { width, height } : {
    width: Math.max(1, Math.round(shownWidth * scale)),
    height: Math.max(1, Math.round(rect.height * scale)),
  };
  const x = Math.floor((width - inner.width) / 2);
  const y = Math.floor((height - inner.height) / 2);
  const data = new Uint8Array(width * height * bytesPerPixel[pixelFormat]);
  if (inner.width < width || inner.height < height) data.fill(padGrey);
  const luma = resample(picture.luma, picture.width, rect, inner);
  const write = writers[pixelFormat];
  const size = width * height;
  const chroma = { x: rect.x / 2, y: rect.y / 2, width: rect.width / 2, height: rect.height / 2 };
  const grey = pixelFormat === "gray";
  const u = grey ? luma : resample(picture.u, picture.chromaWidth, chroma, inner);
  const v = grey ? luma : resample(picture.v, picture.chromaWidth, chroma, inner);
  for (let row = 0, from = 0; row < inner.height; row++) {
    for (let to = (y + row) * width + x, end = to + inner.width; to < end; to++, from++) {
      write(data, to, size, luma[from]!, u[from]!, v[from]!);
    }
  }
  const shown = {
    x: x / width,
    y: y / height,
    width: inner.width / width,
    height: inner.height / height,
  };
  return { width, height, pixelFormat, data, shown };
}

type Writer = (
  data: Uint8Array,
  at: number,
  size: number,
  luma: number,
  u: number,
  v: number,
) => void;

// ITU-R BT.601, limited range: what ffmpeg takes pictures for that do not say what they are.
const red = (luma: number, v: number) => level(1.1644 * (luma - 16) + 1.596 * (v - 128));
const green = (luma: number, u: number, v: number) =>
  level(1.1644 * (luma - 16) - 0.3918 * (u - 128) - 0.813 * (v - 128));
const blue = (luma: number, u: number) => level(1.1644 * (luma - 16) + 2.0172 * (u - 128));

const interleaved = (first: number): Writer => (data, at, _size, luma, u, v) => {
  data[at * 3 + first] = red(luma, v);
  data[at * 3 + 1] = green(luma, u, v);
  data[at * 3 + 2 - first] = blue(luma, u);
};
const planar = (first: number): Writer => (data, at, size, luma, u, v) => {
  data[at + first * size] = red(luma, v);
  data[at + size] = green(luma, u, v);
  data[at + (2 - first) * size] = blue(luma, u);
};

/** How a pixel is written; `at` is its number among the `size` of the frame. */
const writers: Readonly<Record<Exclude<PixelFormat, "jpeg">, Writer>> = {
  rgb24: interleaved(0),
  bgr24: interleaved(2),
  rgbp: planar(0),
  bgrp: planar(2),
  gray: (data, at, _size, luma) => data[at] = level(1.1644 * (luma - 16)),
};

function level(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value);
}

/** `rect` of a plane, scaled to `size`; edges of `rect` may lie between two pixels. */
function resample(
  plane: Uint8Array,
  stride: number,
  rect: PixelRect,
  size: { readonly width: number; readonly height: number },
): Float32Array {
  const columns = taps(rect.x, rect.width, size.width, stride);
  const rows = taps(rect.y, rect.height, size.height, Math.floor(plane.length / stride));
  const firstRow = rows[0]!.first;
  const lastRow = rows.reduce((last, { first, weights }) => {
    return Math.max(last, first + weights.length);
  }, 0);
  const squeezed = new Float32Array((lastRow - firstRow) * size.width);
  for (let row = firstRow, to = 0; row < lastRow; row++) {
    for (const { first, weights } of columns) {
      let sum = 0;
      for (let i = 0, at = row * stride + first; i < weights.length; i++) {
        sum += plane[at + i]! * weights[i]!;
      }
      squeezed[to++] = sum;
    }
  }
  const result = new Float32Array(size.width * size.height);
  for (const [y, { first, weights }] of rows.entries()) {
    const to = y * size.width;
    for (const [i, weight] of weights.entries()) {
      const from = (first - firstRow + i) * size.width;
      for (let x = 0; x < size.width; x++) result[to + x]! += squeezed[from + x]! * weight;
    }
  }
  return result;
}

interface Taps {
  /** Number of the first pixel that counts. */
  readonly first: number;
  /** How much it and those after it count; they make 1 together. */
  readonly weights: Float32Array;
}

/** A triangle over each target pixel, as wide as what it covers and two source pixels at least. */
function taps(start: number, extent: number, count: number, limit: number): Taps[] {
  const step = extent / count;
  const reach = Math.max(1, step);
  return Array.from({ length: count }, (_, index) => {
    const center = start + (index + 0.5) * step - 0.5;
    const first = Math.max(0, Math.ceil(center - reach + 1e-6), Math.floor(start));
    const end = Math.min(limit, Math.floor(center + reach - 1e-6) + 1, Math.ceil(start + extent));
    const from = Math.min(first, limit - 1);
    const weights = Float32Array.from({ length: Math.max(1, end - from) }, (_, i) => {
      return Math.max(0, 1 - Math.abs(from + i - center) / reach);
    });
    const sum = weights.reduce((total, weight) => total + weight, 0);
    // A single pixel that stretches beyond its centre's reach stands for itself.
    return {
      first: from,
      weights: sum > 0 ? weights.map((w) => w / sum) : weights.fill(1 / weights.length),
    };
  });
}
