/** Cropping to a region: ffmpeg's filter, and where its pixels lie in the camera's picture. */

import type { RegionConfig } from "../settings.ts";
import type { Region } from "../../frame/frame.ts";
import { cropName, type PixelSize } from "../lines/ffmpeg_line.ts";

/**
 * ffmpeg's filter for a region. It only moves pointers. Everything is rounded to two pixels, since
 * two by two of them share their colour; {@link cropPlace} rounds the same way.
 */
export function cropFilter({ x, y, width, height }: RegionConfig): string {
  const even = (side: string, share: number) => `floor(${side}*${share}/2)*2`;
  const extent = (side: string, share: number) => `max(2,${even(side, share)})`;
  return `crop@${cropName}=w='${extent("iw", width)}':h='${extent("ih", height)}'` +
    `:x='${even("iw", x)}':y='${even("ih", y)}'`;
}

/** Where the pixels that were cut from a picture of size `from` lie in it, in fractions of it. */
export function cropPlace(region: RegionConfig, from: PixelSize, to: PixelSize): Region {
  const start = (side: number, share: number, extent: number) =>
    Math.min(Math.floor(side * share / 2) * 2, side - extent) / side;
  return {
    x: start(from.width, region.x, to.width),
    y: start(from.height, region.y, to.height),
    width: to.width / from.width,
    height: to.height / from.height,
  };
}

/**
 * Where the whole picture lies in the frame, of which `place` is shown at `shown`: beyond the
 * frame's edges, unless all of it is shown.
 */
export function wholeFromPart(shown: Region, place: Region): Region {
  const width = shown.width / place.width;
  const height = shown.height / place.height;
  return { x: shown.x - place.x * width, y: shown.y - place.y * height, width, height };
}
