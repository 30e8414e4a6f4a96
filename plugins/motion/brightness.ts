/** Reduces pictures of any format to a small grid of brightness. */

import type { Frame } from "../../src/mod.ts";

/**
 * The brightness of each cell, 0…255. It is that of green, which our eyes take for the most of it,
 * and which stands in the middle in every order of colours.
 * @throws {TypeError} for JPEG, whose pixels are not at hand.
 */
export function brightness(
  frame: Frame,
  grid: { readonly width: number; readonly height: number },
): Uint8Array<ArrayBuffer> {
  const { data, width, height, pixelFormat } = frame;
  if (pixelFormat === "jpeg") {
    throw new TypeError("motion cannot be seen in JPEG frames: leave out --binary_input");
  }
  const step = pixelFormat.endsWith("24") ? 3 : 1;
  const start = pixelFormat === "gray" ? 0 : step === 3 ? 1 : width * height;
  const cells = new Uint8Array(grid.width * grid.height);
  for (let row = 0; row < grid.height; row++) {
    const [top, bottom] = span(row, grid.height, height);
    for (let column = 0; column < grid.width; column++) {
      const [left, right] = span(column, grid.width, width);
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        const from = start + y * width * step;
        for (let x = left; x < right; x++) sum += data[from + x * step]!;
      }
      cells[row * grid.width + column] = sum / ((bottom - top) * (right - left));
    }
  }
  return cells;
}

/** The pixels of a cell, one at least. */
function span(at: number, cells: number, pixels: number): [from: number, to: number] {
  const from = Math.floor(at * pixels / cells);
  return [from, Math.max(from + 1, Math.floor((at + 1) * pixels / cells))];
}
