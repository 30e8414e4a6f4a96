/** Encoded pictures and their sizes: what OVMS does with OpenCV. */

import { decode, GIF } from "imagescript";
import type { NumberArray } from "../frame/element_arrays.ts";
import type { DataType } from "../frame/tensor.ts";
import { zeros } from "./element_types.ts";
import { ServerError } from "./server_error.ts";

/** A picture: height × width × channels elements, interleaved, BGR when there are three channels. */
export interface DecodedPicture {
  readonly datatype: DataType;
  readonly data: NumberArray;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Decodes a JPEG or PNG into BGR elements 0…255 of type `datatype`, as OVMS does by default.
 * @throws {ServerError}
 */
export async function decodePicture(file: Uint8Array, datatype: DataType): Promise<DecodedPicture> {
  const image = await decodeFile(file);
  const { width, height, bitmap } = image;
  const data = zeros(datatype, width * height * 3);
  const to = data as { [index: number]: number };
  for (let from = 0, i = 0; i < data.length; from += 4, i += 3) {
    to[i] = bitmap[from + 2]!;
    to[i + 1] = bitmap[from + 1]!;
    to[i + 2] = bitmap[from]!;
  }
  return { datatype, data, height, width, channels: 3 };
}

async function decodeFile(file: Uint8Array) {
  try {
    const image = await decode(file);
    if (image instanceof GIF) throw new TypeError("it is an animation");
    return image;
  } catch (cause) {
    throw new ServerError("picture_parsing", undefined, { cause });
  }
}

/**
 * Bilinear, between pixel centres, without smoothing first: OpenCV's `INTER_LINEAR`, which OVMS
 * uses. (imagescript's own resize takes 8-bit RGBA alone and rounds before the model sees it.)
 */
export function resizePicture(
  picture: DecodedPicture,
  height: number,
  width: number,
): DecodedPicture {
  if (picture.height === height && picture.width === width) return picture;
  const { datatype, channels } = picture;
  const from = picture.data as { readonly [index: number]: number };
  const data = zeros(datatype, height * width * channels);
  const to = data as { [index: number]: number };
  const rounds = !datatype.startsWith("FP");
  const columns = taps(picture.width, width);
  const rows = taps(picture.height, height);
  const stride = picture.width * channels;

  let target = 0;
  for (const row of rows) {
    const upper = row.first * stride;
    const lower = row.second * stride;
    for (const column of columns) {
      const left = column.first * channels;
      const right = column.second * channels;
      for (let c = 0; c < channels; c++) {
        const top = mix(from[upper + left + c]!, from[upper + right + c]!, column.weight);
        const bottom = mix(from[lower + left + c]!, from[lower + right + c]!, column.weight);
        const value = mix(top, bottom, row.weight);
        to[target++] = rounds ? Math.round(value) : value;
      }
    }
  }
  return { datatype, data, height, width, channels };
}

/** Two neighbours of one target pixel, along one axis. */
interface Tap {
  readonly first: number;
  readonly second: number;
  /** Share of `second`, 0…1. */
  readonly weight: number;
}

function taps(from: number, to: number): Tap[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const centre = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), from - 1);
    const first = Math.floor(centre);
    return { first, second: Math.min(first + 1, from - 1), weight: centre - first };
  });
}

function mix(a: number, b: number, weight: number): number {
  return a + (b - a) * weight;
}
