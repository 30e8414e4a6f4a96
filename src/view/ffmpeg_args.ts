/** The command lines of the two ffmpeg processes of the live view. */

import type { Display } from "../frame/camera_packet.ts";
import { muxOffsetMs, ticksPerSecond } from "../frame/nut_muxer.ts";
import type { ColorTags } from "./canvas.ts";
import type { DecodedSize } from "./view_options.ts";

/** How the pixels of a decoded picture lie in memory; YUV is as the camera has it, and takes 3/8. */
export type Pixels = "rgba" | "yuv420p";

/** What ffmpeg may choose from: full range stays so. */
const formats: Readonly<Record<Pixels, string>> = { rgba: "rgba", yuv420p: "yuv420p|yuvj420p" };

/** Width and height in pixels that a picture of the view must fit in; smaller ones are left as they are. */
const largest = {
  whole: { width: 4096, height: 2304 },
  full: { width: 1280, height: 720 },
  plain: { width: 1280, height: 720 },
  small: { width: 480, height: 270 },
} as const;

/** These come at the camera's own rate. */
const allPictures: ReadonlySet<DecodedSize> = new Set(["whole", "plain"]);

/** Seconds between pictures of the view at least: 30 fps become 15, 25 become 12.5, 12.5 stay. */
const shortestInterval = 0.06;

const common = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info"];

/** How pictures are decoded. */
export interface DecoderTask {
  readonly size: DecodedSize;
  /** Null = as the stream itself says. */
  readonly display: Display | null;
  /** The first packet is a picture by itself; else what is there of pictures is shown until they are. */
  readonly isWhole: boolean;
  /** @default {"rgba"} */
  readonly pixels?: Pixels;
}

/**
 * Packets on stdin, see `nutHeader`; pictures to `output`, two lines of `showinfo` for each on stderr.
 */
export function decoderArgs(
  { size, display, isWhole, pixels = "rgba" }: DecoderTask,
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
    ...["-filter:v", [...displayFilters(display), decoderFilters(size, pixels)].join(",")],
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

function decoderFilters(size: DecodedSize, pixels: Pixels): string {
  const { width, height } = largest[size];
  // Square pixels, even sides; `select` instead of `fps`, which holds each picture back for the next.
  const factor = `min(1,min(${width}/(iw*sar),${height}/ih))`;
  const side = (length: string) => `'max(2,trunc(${length}*${factor}/2)*2)'`;
  return [
    ...(allPictures.has(size) ? [] : [
      `select='isnan(prev_selected_t)+lt(t,prev_selected_t)+gte(t-prev_selected_t,${shortestInterval})'`,
    ]),
    `scale=w=${side("iw*sar")}:h=${side("ih")}:flags=bilinear`,
    "setsar=1",
    `format=${formats[pixels]}`,
    "showinfo=checksum=0",
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

/** What ffmpeg says of a picture before it hands it out. */
export interface PictureHeader {
  /** `ptsMs` of its packet; null when the picture has no time. */
  readonly ptsMs: number | null;
  readonly width: number;
  readonly height: number;
  /** What its numbers mean, where they are YUV. */
  readonly tags: ColorTags;
}

/** Reads what the first `showinfo` line of a picture tells; null for any other line. */
export function parsePictureHeader(
  line: string,
  size: DecodedSize,
): Omit<PictureHeader, "tags"> | null {
  // In seconds it stands with six digits only.
  const match = /showinfo.* n: *\d+ pts: *(NOPTS|-?\d+) .* s:(\d+)x(\d+) /.exec(line);
  if (match === null) return null;
  const ticks = Number(match[1]);
  const [width, height] = [Number(match[2]), Number(match[3])];
  // A line that a damaged stream made up must not make us allocate without bound.
  const most = largest[size].width * largest[size].height;
  if (width * height === 0 || width * height > most) return null;
  const ptsMs = ticks * 1000 / ticksPerSecond - muxOffsetMs;
  return { ptsMs: Number.isNaN(ticks) ? null : ptsMs, width, height };
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
