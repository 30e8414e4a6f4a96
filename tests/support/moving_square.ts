/** A camera whose square shows which picture a box was drawn into: it moves 6.4 pixels with each. */

/** A white square that crosses a dark picture, 160 pixels a second. */
export const movingSquare =
  "color=c=0x303030:s=640x360:r=25[ground];color=c=white:s=40x40:r=25[square];" +
  "[ground][square]overlay=x='mod(t*160,560)':y=160";

/** Where its left edge is, in pixels. */
export const squareLeft = (ptsMs: number) => (ptsMs / 1000 * 160) % 560;

/** Room between the square and its box. */
export const squareMargin = 12;

/** The detection that a model would make of it. */
export function squareAt(ptsMs: number) {
  const box = {
    x: (squareLeft(ptsMs) - squareMargin) / 640,
    y: (160 - squareMargin) / 360,
    width: (40 + 2 * squareMargin) / 640,
    height: (40 + 2 * squareMargin) / 360,
  };
  return { label: "person", labelId: 1, confidence: 0.98, box };
}

/** What {@link measureSquare} looks at, and for. */
export interface SquareSearch {
  /** Of a picture, or of an element with a canvas. */
  readonly selector: string;
  /** Of the box, and how far each of its pixels may be off. */
  readonly color: readonly number[];
  readonly within: number;
}

/**
 * Runs in the page: left edges of the white square and of its box, in pixels of the picture; null when
 * there is none, or no picture of the camera.
 */
export function measureSquare(
  { selector, color: [red, green, blue], within }: SquareSearch,
): { square: number | null; box: number | null } {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document } = globalThis as any;
  const element = document.querySelector(selector);
  const shown = element?.canvas ?? element;
  const width = shown?.naturalWidth ?? shown?.width;
  const height = shown?.naturalHeight ?? shown?.height;
  if (width !== 640 || height !== 360) return { square: null, box: null };
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.drawImage(shown, 0, 0);
  // A row through the middle of the square: its box is two edges there.
  const { data } = context.getImageData(0, 180, width, 1);
  const find = (r: number, g: number, b: number, within: number) => {
    for (let x = 0; x < width; x++) {
      const [R, G, B] = data.slice(x * 4, x * 4 + 3);
      if (Math.abs(R - r) + Math.abs(G - g) + Math.abs(B - b) < within) return x;
    }
    return null;
  };
  return { square: find(255, 255, 255, 60), box: find(red!, green!, blue!, within) };
}
