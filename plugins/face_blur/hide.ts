/** Blur, pixelation and filling of a part of a picture. */

import type { Box, Picture } from "../../src/mod.ts";

/** Pixels of a picture. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Grey: nothing of what was there is left. */
export function fillBox(picture: Picture, box: Box): void {
  const { left, top, right, bottom } = areaOf(picture, box);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      picture.data.fill(114, (y * picture.width + x) * 4, (y * picture.width + x) * 4 + 3);
    }
  }
}

/** Tiles of one colour each, so many in the shorter side. */
export function pixelateBox(picture: Picture, box: Box, blocks: number): void {
  const { left, top, right, bottom } = areaOf(picture, box);
  const side = Math.max(2, Math.ceil(Math.min(right - left, bottom - top) / blocks));
  for (let y = top; y < bottom; y += side) {
    for (let x = left; x < right; x += side) {
      flatten(picture, {
        left: x,
        top: y,
        right: Math.min(right, x + side),
        bottom: Math.min(bottom, y + side),
      });
    }
  }
}

/** A box blur, twice each way, whose radius fits into the shorter side so many times. */
export function blurBox(picture: Picture, box: Box, blocks: number): void {
  const area = areaOf(picture, box);
  const shorter = Math.min(area.right - area.left, area.bottom - area.top);
  const radius = Math.max(1, Math.ceil(shorter / blocks));
  const row = picture.width * 4;
  for (let pass = 0; pass < 2; pass++) {
    for (let y = area.top; y < area.bottom; y++) {
      blurLine(picture.data, y * row + area.left * 4, 4, area.right - area.left, radius);
    }
    for (let x = area.left; x < area.right; x++) {
      blurLine(picture.data, area.top * row + x * 4, row, area.bottom - area.top, radius);
    }
  }
}

function flatten({ data, width }: Picture, { left, top, right, bottom }: Area): void {
  const sums = [0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      for (let channel = 0; channel < 3; channel++) {
        sums[channel]! += data[(y * width + x) * 4 + channel]!;
      }
    }
  }
  const count = (right - left) * (bottom - top);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      for (let channel = 0; channel < 3; channel++) {
        data[(y * width + x) * 4 + channel] = sums[channel]! / count;
      }
    }
  }
}

/** The mean of what lies within the radius, for each pixel of a row or column. */
function blurLine(
  data: Uint8Array,
  start: number,
  step: number,
  length: number,
  radius: number,
): void {
  const totals = new Float64Array(length + 1);
  for (let channel = 0; channel < 3; channel++) {
    for (let at = 0; at < length; at++) {
      totals[at + 1] = totals[at]! + data[start + at * step + channel]!;
    }
    for (let at = 0; at < length; at++) {
      const from = Math.max(0, at - radius);
      const to = Math.min(length, at + radius + 1);
      data[start + at * step + channel] = (totals[to]! - totals[from]!) / (to - from);
    }
  }
}

function areaOf({ width, height }: Picture, box: Box): Area {
  const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
  return {
    left: within(Math.floor(box.x * width), width),
    top: within(Math.floor(box.y * height), height),
    right: within(Math.ceil((box.x + box.width) * width), width),
    bottom: within(Math.ceil((box.y + box.height) * height), height),
  };
}
