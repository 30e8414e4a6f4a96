/** Pictures that were decoded, on their way to where they are drawn into. */

import type { MemoryPool } from "./memory_pool.ts";

/** How pixels lie in memory; YUV is as the camera has it, and takes 3/8. */
export type Pixels = "rgba" | "yuv420p";

/** What the numbers of YUV pixels mean, in ffmpeg's words; "unknown" where the camera does not say. */
export interface ColorTags {
  readonly range: string;
  readonly space: string;
  readonly primaries: string;
  readonly transfer: string;
}

/** A picture at its full size, with square pixels, upright. */
export interface DecodedPicture {
  /** On the clock of its run, as `ptsMs` of packets; null when it has no time. */
  readonly ptsMs: number | null;
  /** Pixels; even, as is the height. */
  readonly width: number;
  readonly height: number;
  readonly pixels: Pixels;
  /** What its numbers mean, where they are YUV. */
  readonly tags: ColorTags;
  readonly data: Uint8Array<ArrayBuffer>;
  /** Whether it is a frame as well, which will have results; undefined where that is not known. */
  readonly isFrame?: boolean;
}

const bytesPerPixel: Readonly<Record<Pixels, number>> = { rgba: 4, yuv420p: 1.5 };

/** Bytes of a picture. */
export function bytesOf(
  { width, height }: Pick<DecodedPicture, "width" | "height">,
  pixels: Pixels,
): number {
  return width * height * bytesPerPixel[pixels];
}

/** Takes every picture that a camera's ffmpeg decodes, whichever of them become frames. */
export interface PictureTap {
  /** How pictures are to be; where that changes, the source of a live camera starts anew. */
  readonly pixels: Pixels;
  /** Where the memory of pictures comes from. */
  readonly pool: MemoryPool;
  /** A new run of the source begins, with a clock of its own. */
  begin(): void;
  /** ffmpeg keeps the next ones, and of a file waits, until what it returns has resolved. */
  write(picture: DecodedPicture): void | Promise<void>;
  /** A picture was left out, as it came faster than pictures are taken. */
  miss(): void;
  /** No more pictures of this run will come; those later than this are not wanted any more. */
  end(lastMs: number): void;
}
