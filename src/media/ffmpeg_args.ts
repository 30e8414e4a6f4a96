/** Command lines of ffmpeg for the pictures of events. */

import { type Display, transportFromPts } from "../frame/compressed.ts";
import type { PixelSize } from "../source/ffmpeg_line.ts";
import { displayFilters } from "../view/ffmpeg_args.ts";

/** What every run begins with: errors are its only words. */
export const quiet = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+error"];

/** One picture on stdout; the quality is from 2, the best, to 31. */
export const toJpeg = [
  ...["-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4", "-threads", "1"],
  ...["-f", "mjpeg", "pipe:1"],
];

/** ffmpeg counts what begins so shortly before the clock starts again from below zero. */
const wrapMs = 60_000;
const periodMs = 2 ** 33 / 90;

/**
 * Packets on stdin, from a key frame on; on stdout, as JPEG, the first picture that is shown at
 * `ptsMs` or later. The group that is fed begins at `startMs`.
 */
export function snapshotArgs(
  { startMs, ptsMs, display, isDrawn }: {
    readonly startMs: number;
    readonly ptsMs: number;
    readonly display: Display | null;
    /** It is drawn into: pixels are wanted instead of a JPEG. */
    readonly isDrawn: boolean;
  },
): string[] {
  const groupMs = transportFromPts(startMs);
  const from = groupMs > periodMs - wrapMs ? groupMs - periodMs : groupMs;
  // Half a millisecond less: what is compared was rounded in other ways.
  const at = (from + ptsMs - startMs - 0.5) / 1000;
  return [
    ...quiet,
    ...["-threads", "1"],
    ...["-probesize", "500000", "-analyzeduration", "1", "-fpsprobesize", "0"],
    ...(display?.turn ? ["-noautorotate"] : []),
    ...["-copyts", "-f", "mpegts", "-i", "pipe:0", "-map", "0:v:0"],
    ...["-filter:v", [`select='gte(t,${at.toFixed(6)})'`, ...asShown(display)].join(",")],
    ...(isDrawn ? toPixels : toJpeg),
  ];
}

/** RGBA pixels on stdin, see `toJpeg`. */
export function encodeArgs({ width, height }: PixelSize): string[] {
  return [
    ...quiet,
    ...["-f", "rawvideo", "-pixel_format", "rgba", "-video_size", `${width}x${height}`],
    ...["-i", "pipe:0", ...toJpeg],
  ];
}

/** One picture on stdout, behind a head of text that tells its size. */
const toPixels = [
  ...["-frames:v", "1", "-pix_fmt", "rgba", "-c:v", "pam", "-threads", "1"],
  ...["-f", "image2pipe", "pipe:1"],
];

/** As a person sees it: turned, and with square pixels. */
function asShown(display: Display | null): string[] {
  return [...displayFilters(display), "scale=w='trunc(iw*sar/2)*2':h=ih", "setsar=1"];
}
