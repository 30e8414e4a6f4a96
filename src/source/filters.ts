/** The filters that make the camera's picture into the frame that the model takes. */

import type { SourceConfig } from "./settings.ts";
import type { Pixels } from "../frame/decoded_picture.ts";
import type { FrameFormat, PixelFormat } from "../frame/frame.ts";
import { cropFilter } from "./picture/crop.ts";
import { type PixelSize, scaleName } from "./lines/ffmpeg_line.ts";
import { branchKey } from "./lines/ffmpeg_line_bytes.ts";

/** The grey that letterboxed models are trained with, 114 of 255. */
const padColor = "0x727272";

/**
 * Planes of ffmpeg's `gbrp` in the order asked for: they are only renamed, no pixel is touched. The
 * fourth entry is of no use but to keep ffmpeg from adding an alpha plane for it.
 */
const planeOrder = { bgr: "shuffleplanes=1:0:2:0", rgb: "shuffleplanes=2:0:1:0" };

/**
 * 8-bit format in which pictures are scaled and padded, then what is still to be done. ffmpeg scales
 * to planes exactly; to packed colours it gives two neighbours the same colour, unless it is asked
 * otherwise, and then it is slower than planes that are packed when they are small.
 */
const conversions: Readonly<Record<PixelFormat, { scaled: string; then: readonly string[] }>> = {
  bgr24: { scaled: "gbrp", then: ["format=bgr24"] },
  rgb24: { scaled: "gbrp", then: ["format=rgb24"] },
  gray: { scaled: "gray", then: [] },
  bgrp: { scaled: "gbrp", then: [planeOrder.bgr] },
  rgbp: { scaled: "gbrp", then: [planeOrder.rgb] },
  jpeg: { scaled: "yuvj420p", then: [] },
};

/**
 * What is done before anything is scaled: what is left out first costs least. `decodesAll`: pictures are
 * decoded that are not asked for as frames.
 */
export function pickingFilters(
  { fps, region, decode }: SourceConfig,
  isFile: boolean,
  decodesAll = false,
): string[] {
  return [
    ...(decodesAll && decode === "keyframes" ? ["select=key"] : []),
    ...(fps === null ? [] : [limitRate(fps, isFile)]),
    ...(region === null ? [] : [cropFilter(region)]),
  ];
}

/** A frame's format; in a command line that is only shown, words in `<>` stand for what is not known. */
export type BranchFormat = FrameFormat | {
  readonly width: Unknown;
  readonly height: Unknown;
  readonly pixelFormat: PixelFormat | Unknown;
  readonly fit: "stretch";
};

type Unknown = `<${string}>`;

/** What makes the picture that was decoded into the frame of a branch. */
export function branchFilters(format: BranchFormat, branch: number): string[] {
  const { pixelFormat } = format;
  const { scaled, then } = isKnown(pixelFormat)
    ? conversions[pixelFormat]
    : { scaled: pixelFormat, then: [] };
  return [
    ...scaling(format, scaled, scaleName(branch)),
    ...then,
    // Two lines on stderr for each frame, with its time and its branch: see ffmpeg_line.ts.
    `metadata=mode=add:key=${branchKey}:value=${branch}`,
    "metadata=mode=print:direct=1:file='pipe\\:2'",
  ];
}

function isKnown(pixelFormat: PixelFormat | Unknown): pixelFormat is PixelFormat {
  return Object.hasOwn(conversions, pixelFormat);
}

/** Of its own size a picture is as wide as it is shown; a ratio beyond all sense counts in part. */
const shownWidth = "'max(1,round(iw*clip(sar,1/16,16)))'";

function scaling({ width, height, fit }: BranchFormat, pixels: string, name: string): string[] {
  const scale = (w: string | number, h: string | number) => [
    `scale@${name}=${w}:${h}:flags=area`,
    `format=${pixels}`,
  ];
  if (fit === "stretch" || width === undefined || height === undefined) {
    return scale(width ?? shownWidth, height ?? "ih");
  }
  // `dar` is the ratio that a person sees; `force_original_aspect_ratio` keeps the stored one.
  return [
    ...scale(
      `'min(${width},max(1,round(${height}*dar)))'`,
      `'min(${height},max(1,round(${width}/dar)))'`,
    ),
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:color=${padColor}`,
  ];
}

/** Pixels that a picture must fit in which need not be a frame; a larger one is scaled. */
export const largestPicture = { width: 4096, height: 2304 };

/** What ffmpeg may choose from: full range stays so. */
const formats: Readonly<Record<Pixels, string>> = { rgba: "rgba", yuv420p: "yuv420p|yuvj420p" };

/** Square pixels, even sides, no larger than `most`; each picture is told on stderr, see picture_lines.ts. */
export function pictureFilters(most: PixelSize, pixels: Pixels): string[] {
  const factor = `min(1,min(${most.width}/(iw*sar),${most.height}/ih))`;
  const side = (length: string) => `'max(2,trunc(${length}*${factor}/2)*2)'`;
  return [
    `scale=w=${side("iw*sar")}:h=${side("ih")}:flags=bilinear`,
    "setsar=1",
    `format=${formats[pixels]}`,
    "showinfo=checksum=0",
  ];
}

/** The time stamps' clock may fall behind by this many seconds, as after a pause… */
const longestLag = 0.2;
/** …or run ahead by so many, as when what gathered during a pause comes at once. */
const longestLead = 20;

/**
 * A token bucket over the stream's own clock: `fps` tokens a second, a picture takes one, and half a
 * token is kept so that a jittery camera at just this rate loses nothing. ffmpeg's `fps` filter
 * would hold every picture back until the next one, and repeat pictures of a slower camera.
 *
 * A camera's clock is held to the time that passes, since one that stamps nothing is taken by ffmpeg
 * to send 25 pictures a second. A file has no other clock than its own.
 */
function limitRate(fps: number, isFile: boolean): string {
  const stamped = "if(isnan(t)+isnan(prev_t),0,max(0,t-prev_t))";
  const passed = isFile ? `st(4,${stamped})` : [
    // 2: when the picture before was here, 3: how far the stamps are ahead, 4: what passed.
    "st(5,time(0)-if(n,ld(2),time(0)))",
    "st(2,time(0))",
    `st(6,clip(ld(3)+${stamped}-ld(5),-${longestLag},${longestLead}))`,
    "st(4,max(0,ld(5)+ld(6)-ld(3)))",
    "st(3,ld(6))",
  ].join(";");
  const refill = `st(0,if(n,clip(ld(0)+ld(4)*${fps},0,1.5),1.5))`;
  return `select='${passed};${refill};if(gte(ld(0),1),st(0,ld(0)-1)*0+1,0)'`;
}
