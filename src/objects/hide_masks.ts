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
  const edges = polygon.map((corner, index) => [corner, polygon.at(index - 1)!] as const);
  const middle = (top + bottom) / 2;
  const crossings: number[] = [];
  const touched: [number, number][] = [];
  for (const [[x1, y1], [x2, y2]] of edges) {
    if ((y1 > middle) !== (y2 > middle)) {
      crossings.push(x1 + (x2 - x1) * (middle - y1) / (y2 - y1));
    }
    // The part of the edge that lies in the row.
    if (Math.max(y1, y2) < top || Math.min(y1, y2) > bottom) continue;
    const at = (y: number) => y1 === y2 ? x1 : x1 + (x2 - x1) * (clamp(y, y1, y2) - y1) / (y2 - y1);
    const [a, b] = y1 === y2 ? [x1, x2] : [at(top), at(bottom)];
    touched.push([Math.min(a, b), Math.max(a, b)]);
  }
  crossings.sort((a, b) => a - b);
  for (let index = 0; index + 1 < crossings.length; index += 2) {
    touched.push([crossings[index]!, crossings[index + 1]!]);
  }
  return touched;
}

function clamp(value: number, a: number, b: number): number {
  return Math.min(Math.max(value, Math.min(a, b)), Math.max(a, b));
}
