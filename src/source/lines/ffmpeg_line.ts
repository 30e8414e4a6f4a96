/** Parser of the lines of ffmpeg's stderr that are not those of a frame (`ffmpeg_line_bytes.ts`). */

/** How grave ffmpeg takes a message. */
export type FfmpegLevel = "fatal" | "error" | "warning" | "info" | "verbose";

/** One line, understood. */
export type FfmpegLine =
  /** What `pts` counts in, and how decoded pictures are laid out, from here on. */
  | { readonly kind: "clock"; readonly secondsPerTick: number; readonly pixels: string }
  /** Size of the camera's pictures and what a branch scales them to, from here on. */
  | {
    readonly kind: "size";
    readonly branch: number;
    readonly from: PixelSize;
    readonly to: PixelSize;
    /** Width over height of the camera's pixels as they are shown. */
    readonly pixelRatio: number;
  }
  /** Size of the camera's pictures and of what is cut out of them, from here on. */
  | { readonly kind: "crop"; readonly from: PixelSize; readonly to: PixelSize }
  /** The connection is made. */
  | { readonly kind: "connected" }
  /** The camera's description of its stream begins. */
  | { readonly kind: "described" }
  /** A medium that it offers: `video`, `audio`. */
  | { readonly kind: "medium"; readonly medium: string }
  /** How the medium of the line before is encoded. */
  | { readonly kind: "encoding"; readonly encoding: string }
  /** A segment of a source that comes in such is about to be read. */
  | { readonly kind: "segment" }
  /** The input has an end that is known. */
  | { readonly kind: "finite" }
  /** The input is open. */
  | { readonly kind: "opened" }
  /**
   * The codec of a video stream: of the input first, of the outputs later; and the ratio of its
   * pixels where the container has another than the stream itself.
   */
  | { readonly kind: "codec"; readonly codec: string; readonly pixelRatio: string | null }
  /** How far the container has the stream's pictures turned clockwise before they are shown. */
  | { readonly kind: "turn"; readonly degrees: number }
  /** Pictures are turned by a quarter, and turned over as well. */
  | { readonly kind: "quarter"; readonly flipped: boolean }
  | { readonly kind: "message"; readonly level: FfmpegLevel; readonly text: string };

/** Width and height in pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** Name of the scale filter of a branch, whose report has sizes. */
export function scaleName(branch: number): string {
  return `fit${branch}`;
}

/** Name of the crop filter instance whose report has sizes. */
export const cropName = "region";

const message = /\[(panic|fatal|error|warning|info|verbose|debug|trace)\] (.*)$/;
const size = /scale@fit(\d+)\b.* w:(\d+) h:(\d+) fmt:.* sar:(\d+)\/(\d+) -> w:(\d+) h:(\d+) /;
const crop = new RegExp(`crop@${cropName}\\b.* w:(\\d+) h:(\\d+) .*-> w:(\\d+) h:(\\d+) `);

/** Parses one line; null for one that says nothing of use. */
export function parseFfmpegLine(line: string): FfmpegLine | null {
  const match = message.exec(line);
  if (match === null) return parseDescription(line);
  const text = match[2] ?? "";
  const sizes = size.exec(line);
  if (sizes !== null) {
    const [number, width, height, across, up, ...to] = sizes.slice(1);
    const pixelRatio = Number(across) / Number(up);
    return {
      kind: "size",
      branch: Number(number),
      ...readSizes([width!, height!, ...to]),
      // 0/1 where it is not known.
      pixelRatio: pixelRatio > 0 && pixelRatio < Infinity ? pixelRatio : 1,
    };
  }
  const cut = crop.exec(line);
  if (cut !== null) return { kind: "crop", ...readSizes(cut.slice(1)) };
  const clock = / pixfmt:(\S+) tb:(\d+)\/(\d+)/.exec(text);
  if (clock !== null) {
    const secondsPerTick = Number(clock[2]) / Number(clock[3]);
    return secondsPerTick > 0 && secondsPerTick < Infinity
      ? { kind: "clock", secondsPerTick, pixels: clock[1] ?? "" }
      : null;
  }
  if (/^Successfully connected to /.test(text)) return { kind: "connected" };
  if (text === "SDP:") return { kind: "described" };
  if (/^(?:HLS|DASH) request for url /.test(text)) return { kind: "segment" };
  if (/^ +Duration: \d/.test(text)) return { kind: "finite" };
  if (/^Input #0, /.test(text)) return { kind: "opened" };
  const codec = /^ +Stream #0:\d+.*?: Video: (\w+)/.exec(text);
  if (codec !== null && !text.includes("(attached pic)")) {
    // The stream's own ratio stands in brackets.
    const ratio = /, SAR (\d+:\d+) DAR/.exec(text);
    return { kind: "codec", codec: codec[1] ?? "", pixelRatio: ratio?.[1] ?? null };
  }
  const turned = /^ +(?:displaymatrix|Display Matrix): rotation of (-?[\d.]+) degrees/.exec(text);
  if (turned !== null) return { kind: "turn", degrees: -Number(turned[1]) };
  const quarter = / rotation:(?:counter)?clockwise vflip:([01])/.exec(text);
  if (quarter !== null) return { kind: "quarter", flipped: quarter[1] === "1" };
  return { kind: "message", level: toLevel(match[1]), text };
}

/** A line of SDP, which ffmpeg repeats as it came. */
function parseDescription(line: string): FfmpegLine | null {
  const [, medium] = /^m=([a-z]{1,16}) /.exec(line) ?? [];
  if (medium !== undefined) return { kind: "medium", medium };
  const [, encoding] = /^a=rtpmap:\d+ ([\w.+-]{1,32})/.exec(line) ?? [];
  return encoding === undefined ? null : { kind: "encoding", encoding };
}

function readSizes(numbers: string[]): { readonly from: PixelSize; readonly to: PixelSize } {
  const [fromWidth = 0, fromHeight = 0, width = 0, height = 0] = numbers.map(Number);
  return { from: { width: fromWidth, height: fromHeight }, to: { width, height } };
}

function toLevel(text: string | undefined): FfmpegLevel {
  if (text === "panic" || text === "fatal") return "fatal";
  if (text === "error" || text === "warning" || text === "info") return text;
  return "verbose";
}
