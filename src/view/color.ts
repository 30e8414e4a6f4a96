/** Colours of boxes and captions. */

import { fnv1a } from "../fnv1a.ts";

/** Red, green, blue, 0…255 each. */
export type Color = readonly [red: number, green: number, blue: number];

/** What is written on dark grounds, and boxes without a colour. */
export const white: Color = [255, 255, 255];
/** What is written on light grounds, and what sets boxes off. */
export const ink: Color = [16, 20, 26];

/**
 * Distinct on any street, by day and by night, and mostly by colour-blind eyes too: lightness
 * differs along with the hue.
 */
const palette: readonly Color[] = [
  [64, 196, 255],
  [255, 179, 0],
  [105, 240, 130],
  [255, 92, 128],
  [190, 140, 255],
  [255, 235, 90],
  [38, 220, 205],
  [255, 138, 80],
  [160, 190, 255],
  [214, 240, 120],
  [255, 150, 220],
  [230, 230, 235],
];

/** The colour of a class: the same on every picture, for every stream, after every start. */
export function colorOfLabel(label: string): Color {
  // Its last bits differ for short words that differ little.
  const hash = fnv1a(Uint16Array.from({ length: label.length }, (_, at) => label.charCodeAt(at)));
  return palette[((hash >>> 16) ^ hash & 0xffff) % palette.length] ?? white;
}

/** The same as `#rrggbb`. */
export function hexOfLabel(label: string): string {
  return `#${Uint8Array.from(colorOfLabel(label)).toHex()}`;
}

/** Reads `#rrggbb`; anything else is white. */
export function parseColor(text: string | undefined): Color {
  const value = /^#([0-9a-f]{6})$/i.exec(text ?? "");
  if (value === null) return white;
  const number = parseInt(value[1] ?? "", 16);
  return [number >> 16, (number >> 8) & 0xff, number & 0xff];
}

/** Ink or white, whichever reads better on a ground of this colour. */
export function textColorOn([red, green, blue]: Color): Color {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? ink : white;
}
