/** What ffmpeg's `showinfo` filter says of pictures. */

import type { ColorTags } from "../../frame/decoded_picture.ts";
import type { PixelSize } from "./ffmpeg_line.ts";

/** What ffmpeg says of a picture before it hands it out. */
export interface PictureHeader extends PixelSize {
  /** In the time base of its filter; null when the picture has no time. */
  readonly ticks: number | null;
  readonly tags: ColorTags;
}

/** Whether a line is one of these, understood or not. */
export function isPictureLine(line: string): boolean {
  return line.includes("showinfo");
}

/**
 * Reads what the first line of a picture tells; null for any other line, and where it is larger than
 * `most`: a line that a damaged stream made up must not make us allocate without bound.
 */
export function parsePictureHeader(
  line: string,
  most: PixelSize,
): Omit<PictureHeader, "tags"> | null {
  // In seconds it stands with six digits only.
  const match = /showinfo.* n: *\d+ pts: *(NOPTS|-?\d+) .* s:(\d+)x(\d+) /.exec(line);
  if (match === null) return null;
  const ticks = Number(match[1]);
  const [width, height] = [Number(match[2]), Number(match[3])];
  if (width * height === 0 || width * height > most.width * most.height) return null;
  return { ticks: Number.isNaN(ticks) ? null : ticks, width, height };
}

/** Reads what the second line tells; null for any other. */
export function parseColorTags(line: string): ColorTags | null {
  const [, range, space, primaries, transfer] =
    /showinfo.*\] color_range:(\S+) color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)/
      .exec(line) ?? [];
  if (!range || !space || !primaries || !transfer) return null;
  const known = (name: string) =>
    /^[a-z\d-]+$/.test(name) && name !== "reserved" ? name : "unknown";
  return {
    range: known(range),
    space: known(space),
    primaries: known(primaries),
    transfer: known(transfer),
  };
}
