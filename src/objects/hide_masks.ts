/** Parts of the picture that are not to be seen by people, such as a neighbour's window. */

import type { Picture } from "../use_case/use_case.ts";
import type { MaskConfig } from "./settings.ts";

type Polygon = readonly (readonly [x: number, y: number])[];

/** The corners of a mask, however it is written. */
export function polygonOf(mask: MaskConfig): Polygon {
  return Array.isArray(mask) ? mask : mask.polygon;
}

/** What of a stream's masks is hidden from people too. */
export function hiddenPolygons(masks: readonly MaskConfig[]): readonly Polygon[] {
  return masks.flatMap((mask) => Array.isArray(mask) || !mask.hide ? [] : [mask.polygon]);
}

/** Makes polygons black, with the pixels that they touch. */
export function hidePolygons({ data, width, height }: Picture, polygons: readonly Polygon[]): void {
  for (const polygon of polygons) {
    const heights = polygon.map(([, y]) => y * height);
    const [top, bottom] = [Math.min(...heights), Math.max(...heights)];
    for (let row = Math.floor(top); row < Math.min(height, Math.ceil(bottom)); row++) {
      for (const [from, to] of spansIn(polygon, row / height, (row + 1) / height)) {
        const first = (row * width + Math.floor(from * width)) * 4;
        const end = (row * width + Math.min(width, Math.ceil(to * width))) * 4;
        data.fill(0, first, end);
        for (let alpha = first + 3; alpha < end; alpha += 4) data[alpha] = 255;
      }
    }
  }
}

/** From where to where a row of pixels may be within a polygon: at its edges or between them. */
function spansIn(polygon: Polygon, top: number, bottom: number): [number, number][] {
  const middle = (top + bottom) / 2;
  const crossings: number[] = [];
  const touched: [number, number][] = [];
  for (const [index, [x1, y1]] of polygon.entries()) {
    const [x2, y2] = polygon.at(index - 1)!;
    const at = (y: number) => x1 + (x2 - x1) * (y - y1) / (y2 - y1);
    if ((y1 > middle) !== (y2 > middle)) crossings.push(at(middle));
    // The part of the edge that lies in the row.
    const from = Math.max(top, Math.min(y1, y2));
    const to = Math.min(bottom, Math.max(y1, y2));
    if (from > to) continue;
    const ends = y1 === y2 ? [x1, x2] : [at(from), at(to)];
    touched.push([Math.min(...ends), Math.max(...ends)]);
  }
  crossings.sort((a, b) => a - b);
  for (let index = 0; index < crossings.length; index += 2) {
    touched.push([crossings[index]!, crossings[index + 1]!]);
  }
  return touched;
}
