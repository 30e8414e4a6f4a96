/** Pictures that are drawn into, as RGBA or as YUV 4:2:0: what goes out is drawn as it was decoded. */

import type { ColorTags } from "../frame/decoded_picture.ts";
import type { Picture } from "../use_case/use_case.ts";
import type { Color } from "./color.ts";

/** Whole pixels within the picture, whatever it is made of. */
export interface Canvas {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Mixes a part of a row with a colour; `opacity` is 0…1. */
  fillRow(y: number, left: number, right: number, color: Color, opacity: number): void;
  /** Mixes one pixel with a colour. */
  blend(x: number, y: number, color: Color, opacity: number): void;
}

/** Over the bytes of a picture, in the order red, green, blue, alpha. */
export class RgbaCanvas implements Canvas, Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;

  constructor({ width, height, data }: Picture) {
    this.width = width;
    this.height = height;
    this.data = data;
  }

  fillRow(y: number, left: number, right: number, color: Color, opacity: number): void {
    for (let x = left; x < right; x++) this.blend(x, y, color, opacity);
  }

  blend(x: number, y: number, color: Color, opacity: number): void {
    const { data } = this;
    const at = (y * this.width + x) * 4;
    const rest = 1 - opacity;
    data[at] = color[0] * opacity + data[at]! * rest;
    data[at + 1] = color[1] * opacity + data[at + 1]! * rest;
    data[at + 2] = color[2] * opacity + data[at + 2]! * rest;
  }
}

/** Shares of red and blue in the luma. */
const weights = {
  bt601: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  bt2020: [0.2627, 0.0593],
} as const;

/** Rows of a picture that is higher are taken for BT.709 where nothing is said, as players do. */
const highestSd = 576;

/** Over planes of Y, U and V, both sides even; two by two pixels share the colour of their first. */
export class YuvCanvas implements Canvas {
  readonly width: number;
  readonly height: number;
  readonly #luma: Uint8Array;
  readonly #u: Uint8Array;
  readonly #v: Uint8Array;
  readonly #tags: ColorTags;
  /** The colour that was used last, and what it is here. */
  #color: Color | null = null;
  #yuv: Color = [0, 0, 0];

  constructor({ width, height, data }: Picture, tags: ColorTags) {
    this.width = width;
    this.height = height;
    const size = width * height;
    this.#luma = data.subarray(0, size);
    this.#u = data.subarray(size, size * 1.25);
    this.#v = data.subarray(size * 1.25, size * 1.5);
    this.#tags = tags;
  }

  fillRow(y: number, left: number, right: number, color: Color, opacity: number): void {
    const [luma, u, v] = this.#of(color);
    const rest = 1 - opacity;
    const end = y * this.width + right;
    for (let at = y * this.width + left; at < end; at++) {
      this.#luma[at] = luma * opacity + this.#luma[at]! * rest;
    }
    if (y % 2 === 1) return;
    const row = y / 2 * this.width / 2;
    const last = row + Math.ceil(right / 2);
    for (let at = row + Math.ceil(left / 2); at < last; at++) {
      this.#u[at] = u * opacity + this.#u[at]! * rest;
      this.#v[at] = v * opacity + this.#v[at]! * rest;
    }
  }

  blend(x: number, y: number, color: Color, opacity: number): void {
    this.fillRow(y, x, x + 1, color, opacity);
  }

  #of(color: Color): Color {
    if (this.#color === color) return this.#yuv;
    this.#color = color;
    return this.#yuv = toYuv(color, this.#tags, this.height);
  }
}

function toYuv([red, green, blue]: Color, { range, space }: ColorTags, height: number): Color {
  const isHd = space === "unknown" && height > highestSd;
  const name = space.startsWith("bt2020")
    ? "bt2020"
    : space === "bt709" || isHd
    ? "bt709"
    : "bt601";
  const [kr, kb] = weights[name];
  const luma = kr * red + (1 - kr - kb) * green + kb * blue;
  const isFull = range === "pc";
  const [lowest, lumaScale, chromaScale] = isFull ? [0, 1, 1] : [16, 219 / 255, 224 / 255];
  return [
    Math.round(lowest + luma * lumaScale),
    Math.round(128 + (blue - luma) / (1 - kb) / 2 * chromaScale),
    Math.round(128 + (red - luma) / (1 - kr) / 2 * chromaScale),
  ];
}
