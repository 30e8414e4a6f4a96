/** Regions of motion (connected components of moving cells). */

import {
  type Annotation,
  type Box,
  type Region,
  traceMask,
  undoLetterboxPoint,
} from "../../src/mod.ts";

/** Cells that a region must have: one or two are noise of the camera. */
const minArea = 4;
/** Regions that are reported; further ones are smaller. */
const most = 20;

/**
 * Regions of cells that move, the largest first, as boxes and as outlines to draw. `contentRect` is
 * where the camera's picture lies within the cells.
 */
export function regionsOf(
  cells: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  contentRect: Region,
): { readonly boxes: Box[]; readonly annotations: Annotation[] } {
  const mask = { width, height, has: (x: number, y: number) => cells[y * width + x] === 1 };
  const outlines = traceMask(mask, { minArea }).slice(0, most)
    .map((points) => points.map((point) => undoLetterboxPoint(point, contentRect)));
  const boxes = outlines.map((points) => {
    const across = points.map(([x]) => x);
    const down = points.map(([, y]) => y);
    const [x, y] = [Math.min(...across), Math.min(...down)];
    const [width, height] = [Math.max(...across) - x, Math.max(...down) - y];
    return { x: short(x), y: short(y), width: short(width), height: short(height) };
  });
  const annotations = outlines.map((points): Annotation => ({
    kind: "polyline",
    points,
    closed: true,
    color: "#ffd24d",
  }));
  return { boxes, annotations };
}

/** Keeps records short: a hundred thousandth of the picture is less than a pixel. */
function short(value: number): number {
  return Math.round(value * 100_000) / 100_000;
}
