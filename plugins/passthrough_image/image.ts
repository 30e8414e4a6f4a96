/** Tensors that are pictures. */

import type { Picture, Tensor, TensorSpec } from "../../src/mod.ts";

/** Where the numbers of a picture stand. */
export interface ImageLayout {
  readonly width: number;
  readonly height: number;
  /** Of four, the last is how opaque a pixel is, and is not looked at. */
  readonly channels: 1 | 3 | 4;
  /** From a pixel to the next, from a row to the next, from a channel to the next. */
  readonly steps: { readonly x: number; readonly y: number; readonly channel: number };
}

/** A side of fewer pixels is no picture's: rows of boxes and scores have such shapes too. */
const leastSide = 8;

/** How a tensor is a picture; null when it is none. */
export function imageLayout({ shape, data }: Tensor): ImageLayout | null {
  if (!ArrayBuffer.isView(data)) return null;
  return layoutOf(shape);
}

/** Whether outputs that a model declares so may be pictures, whatever it leaves open. */
export function mayBeImage({ datatype, shape }: Omit<TensorSpec, "name">): boolean {
  // Graphs of a model server have no metadata.
  if (shape.length === 0) return true;
  if (datatype === "BYTES") return false;
  const open = shape.findIndex((extent) => extent < 0);
  if (open < 0) return layoutOf(shape) !== null;
  return [1, 3, 4, leastSide].some((extent) =>
    mayBeImage({ datatype, shape: shape.with(open, extent) })
  );
}

function layoutOf(shape: readonly number[]): ImageLayout | null {
  const extents = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape;
  const [a = 0, b = 0, c = 0] = extents;
  if (extents.length !== 3) return null;
  const last = c === 4 ? 4 : channelsOf(c);
  if (last && a >= leastSide && b >= leastSide) {
    const steps = { x: last, y: b * last, channel: 1 };
    return { width: b, height: a, channels: last, steps };
  }
  const first = channelsOf(a);
  if (first && b >= leastSide && c >= leastSide) {
    return { width: c, height: b, channels: first, steps: { x: 1, y: c, channel: b * c } };
  }
  return null;
}

/** Fills a picture of the live view, each pixel with the nearest one. */
export function paint(
  { data, datatype }: Tensor,
  { width, height, channels, steps }: ImageLayout,
  picture: Picture,
  { channels: order, range }: {
    readonly channels: "bgr" | "rgb";
    readonly range: 1 | 255 | "auto";
  },
): void {
  const values = data as ArrayLike<number>;
  const isFloat = datatype.startsWith("FP");
  const isOfOne = isFloat && range !== 255 && !(range === "auto" && largest(values) > 1.5);
  const scale = datatype === "UINT16" ? 255 / 65535 : isOfOne ? 255 : 1;
  // In a picture of one channel all three are the same.
  const [red, green, blue] = channels === 1
    ? [0, 0, 0]
    : [order === "rgb" ? 0 : 2, 1, order === "rgb" ? 2 : 0].map((at) => at * steps.channel);
  for (let y = 0, into = 0; y < picture.height; y++) {
    const row = Math.floor(y * height / picture.height) * steps.y;
    for (let x = 0; x < picture.width; x++, into += 4) {
      const from = row + Math.floor(x * width / picture.width) * steps.x;
      picture.data[into] = byte(values[from + red!]!, scale);
      picture.data[into + 1] = byte(values[from + green!]!, scale);
      picture.data[into + 2] = byte(values[from + blue!]!, scale);
    }
  }
}

function channelsOf(extent: number): 1 | 3 | null {
  return extent === 1 || extent === 3 ? extent : null;
}

function byte(value: number, scale: number): number {
  return Math.min(255, Math.max(0, Math.round(value * scale)));
}

function largest(values: ArrayLike<number>): number {
  let most = -Infinity;
  for (let at = 0; at < values.length; at++) most = Math.max(most, values[at]!);
  return most;
}
