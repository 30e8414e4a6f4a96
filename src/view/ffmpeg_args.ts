/** The command lines of the two ffmpeg processes of the live view. */

import type { Display } from "../frame/camera_packet.ts";
import { pictureFilters } from "../source/filters.ts";
import type { ViewSize } from "./view_options.ts";

/** Width and height in pixels that a picture of the view must fit in; smaller ones are left as they are. */
export const largest = {
  full: { width: 1280, height: 720 },
  plain: { width: 1280, height: 720 },
  small: { width: 480, height: 270 },
} as const;

/** Seconds between pictures of the view at least: 30 fps become 15, 25 become 12.5, 12.5 stay. */
const shortestInterval = 0.06;

const common = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info"];

/** How pictures are decoded. */
export interface DecoderTask {
  readonly size: ViewSize;
  /** Null = as the stream itself says. */
  readonly display: Display | null;
  /** The first packet is a picture by itself; else what is there of pictures is shown until they are. */
  readonly isWhole: boolean;
}

/**
 * Packets on stdin, see `nutHeader`; pictures to `output`, two lines of `showinfo` for each on stderr.
 */
export function decoderArgs(
  { size, display, isWhole }: DecoderTask,
  output: string,
): string[] {
  return [
    ...common,
    // A grid of cameras needs no more, and it spares most of the decoding.
    ...(size === "small" ? ["-skip_frame", "nokey"] : []),
    // One thread: each further one holds a picture back.
    ...["-flags", isWhole ? "low_delay" : "low_delay+output_corrupt", "-threads", "1"],
    // Begin with the first picture; 0 instead of 1 µs would mean 5 s.
    ...["-probesize", "500000", "-analyzeduration", "1", "-fpsprobesize", "0"],
    // A container's word goes before the stream's, as where frames come from.
    ...notTurned(display),
    ...["-copyts", "-f", "nut", "-i", "pipe:0", "-map", "0:v:0", "-fps_mode", "passthrough"],
    // Of a camera that changes its size, pictures are as large as `showinfo` says, not as the first.
    "-noautoscale",
    ...["-filter:v", [...displayFilters(display), decoderFilters(size)].join(",")],
    // The rawvideo encoder holds back a picture for each thread.
    ...["-threads", "1", "-flush_packets", "1", "-f", "rawvideo", output],
  ];
}

/** Keeps ffmpeg from turning pictures as the stream says, where the container says something else. */
export function notTurned(display: Display | null): string[] {
  return display !== null && (display.turn !== 0 || display.flipped) ? ["-noautorotate"] : [];
}

/** What ffmpeg does by itself to what it reads from a container that says such things. */
export function displayFilters(display: Display | null): string[] {
  if (display === null) return [];
  const { turn, flipped, pixelRatio } = display;
  const square = pixelRatio === null ? [] : [`setsar=${pixelRatio.replace(":", "/")}`];
  switch (turn) {
    case 0:
      return [...square, ...flipped ? ["hflip"] : []];
    case 90:
      return [...square, `transpose=${flipped ? "cclock_flip" : "clock"}`];
    case 180:
      return [...square, ...flipped ? [] : ["hflip"], "vflip"];
    case 270:
      return [...square, `transpose=${flipped ? "clock_flip" : "cclock"}`];
    default:
      return [...square, `rotate=${turn}*PI/180`, ...flipped ? ["hflip"] : []];
  }
}

function decoderFilters(size: ViewSize): string {
  return [
    // `plain` comes at the camera's own rate. Not by `fps`, which holds each picture back for the next.
    ...(size === "plain" ? [] : [
      `select='isnan(prev_selected_t)+lt(t,prev_selected_t)+gte(t-prev_selected_t,${shortestInterval})'`,
    ]),
    ...pictureFilters(largest[size], "rgba"),
  ].join(",");
}

/** RGBA pictures of one size from `input`, a JPEG for each on stdout. */
export function encoderArgs(
  { width, height }: { width: number; height: number },
  input: string,
): string[] {
  return [
    ...common,
    ...["-probesize", "32", "-analyzeduration", "0", "-fpsprobesize", "0"],
    ...["-f", "rawvideo", "-pixel_format", "rgba", "-video_size", `${width}x${height}`],
    ...["-i", input, "-fps_mode", "passthrough", "-c:v", "mjpeg", "-q:v", "5"],
    ...["-threads", "1", "-flush_packets", "1", "-f", "mjpeg", "pipe:1"],
  ];
}
