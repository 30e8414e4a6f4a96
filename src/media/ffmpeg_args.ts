/** Command lines of ffmpeg for the pictures of events. */

import type { CodecParameters, Display } from "../frame/camera_packet.ts";
import type { PixelSize } from "../source/lines/ffmpeg_line.ts";
import { type ClipGroup, isReordered } from "./clip_group.ts";
import { displayFilters, notTurned } from "../view/ffmpeg_args.ts";

/** What every run begins with: errors are its only words. */
export const quiet = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+error"];

/** The quality is from 2, the best, to 31. */
const asJpeg = ["-c:v", "mjpeg", "-q:v", "4", "-threads", "1"];

/** One picture on stdout. */
export const toJpeg = ["-frames:v", "1", ...asJpeg, "-f", "mjpeg", "pipe:1"];

/** Several, each behind a head. */
const toJpegs = [...asJpeg, "-f", "mpjpeg", "pipe:1"];

const asNut = ["-f", "nut", "-i", "pipe:0"];

/** Reads packets from stdin, see `nutHeader`; of their codec nothing needs to be found out. */
export const fromPackets = [
  ...["-probesize", "500000", "-analyzeduration", "1", "-fpsprobesize", "0"],
  ...asNut,
];

/** Reads the packets of groups. */
export function fromGroups(groups: readonly ClipGroup[]): readonly string[] {
  // With B-frames ffmpeg has to look at some, or does not know when the first ones are decoded.
  return isReordered(groups) ? asNut : fromPackets;
}

/**
 * Packets on stdin, from a key frame on; on stdout the pictures that are shown at these times, each
 * behind a head that tells its length. `ticks` are those of the container.
 */
export function snapshotArgs(
  { ticks, display, isDrawn }: {
    readonly ticks: readonly number[];
    readonly display: Display | null;
    /** It is drawn into: pixels are wanted instead of a JPEG. */
    readonly isDrawn: boolean;
  },
): string[] {
  const isWanted = ticks.map((tick) => `eq(pts,${tick})`).join("+");
  return [
    ...quiet,
    ...["-threads", "1", "-filter_threads", "1"],
    ...notTurned(display),
    // The decoder finds out by itself what is in the packets; ffmpeg would decode some twice.
    ...["-nofind_stream_info", "-copyts", "-f", "nut", "-i", "pipe:0"],
    ...["-map", "0:v:0", "-fps_mode", "passthrough"],
    ...["-filter:v", [`select='${isWanted}'`, ...asShown(display)].join(",")],
    ...["-frames:v", String(ticks.length), ...(isDrawn ? toPixels : toJpegs)],
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
  ...["-pix_fmt", "rgba", "-c:v", "pam", "-threads", "1"],
  ...["-f", "image2pipe", "pipe:1"],
];

/** As a person sees it: turned, and with square pixels. */
export function asShown(display: Display | null): string[] {
  return [...displayFilters(display), "scale=w='trunc(iw*sar/2)*2':h=ih", "setsar=1"];
}

/** Players of Apple's know H.265 by this name only. */
export function tagOf({ video }: CodecParameters): readonly string[] {
  return video.codec === "hevc" ? ["-tag:v", "hvc1"] : [];
}
