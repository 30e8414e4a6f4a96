/** The command line of one run of ffmpeg. */

import type { SourceConfig } from "./settings.ts";
import { type Address, isRtsps } from "./address.ts";
import { listArgs } from "./relay/input_list.ts";
import { motionFilters } from "./picture/motion_feed.ts";
import {
  branchFilters,
  type BranchFormat,
  largestPicture,
  pickingFilters,
  pictureFilters,
} from "./filters.ts";
import type { Pixels } from "../frame/decoded_picture.ts";

/** What ffmpeg is asked to do. */
export interface FfmpegTask {
  readonly address: Address;
  readonly config: SourceConfig;
  /** Frames of the same pictures for one use case or several. At least one. */
  readonly branches: readonly FfmpegBranch[];
  /** Path of the socket that takes a tiny picture of each frame. @default {none is wanted} */
  readonly motionSocket?: string | undefined;
  /** Names of files that take each picture at its full size, `%d` for its number. @default {none} */
  readonly fullPictures?: string | undefined;
  /** What takes every picture that is decoded; null = nothing does. @default {null} */
  readonly pictures?: PictureOutput | null;
  /** Path of the socket that takes the packets as they come; null = they are not wanted. */
  readonly tapSocket: string | null;
  /** @default {"short"} */
  readonly sizeProbe?: SizeProbe;
  /** Options that make a file come at the clock's pace. @default {-re} */
  readonly pace?: readonly string[];
  /** Where the camera is reached in place of its own address. @default {address.url} */
  readonly through?: string | undefined;
  /** A file that holds URL and options of the input, see input_list.ts. @default {none} */
  readonly inputList?: string | null;
}

/**
 * How long the size of pictures is looked for, without which muxers take none: in what comes first,
 * as it is most often; until a key frame has come; or not at all, and then there is no tap.
 */
export type SizeProbe = "short" | "long" | "none";

/** Where pictures go that need not be frames. */
export interface PictureOutput {
  /** Path of a socket. */
  readonly path: string;
  readonly pixels: Pixels;
}

/** Frames for a use case. */
export interface FfmpegBranch {
  readonly format: BranchFormat;
  /** Path of the socket that takes them; null = stdout. */
  readonly socket: string | null;
}

/** Whether frames come at their own pace: all but a file that is read as fast as it can be. */
export function isLive(address: Address, config: SourceConfig): boolean {
  return address.kind !== "file" || config.fps !== null;
}

/** Arguments for ffmpeg ≥ 5.1, which writes lines for each frame and packet on stderr. */
export function ffmpegArgs(task: FfmpegTask): string[] {
  const { address, config, tapSocket } = task;
  const live = isLive(address, config);
  return [
    ...["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+verbose"],
    // Writes a line when a packet comes, before it is decoded; a file has no such moment.
    ...(live ? ["-debug_ts"] : []),
    // Each further decoder thread holds one more frame back.
    ...(live ? ["-threads", "1"] : []),
    ...decoding(config, Boolean(task.pictures)),
    ...inputArgs(task),
    ...frameOutputs(task),
    ...(tapSocket === null ? [] : tapOutput(tapSocket, config)),
  ];
}

/** The input, with what stands before it. */
export function inputArgs(
  task: InputTask & Pick<FfmpegTask, "through" | "inputList">,
): string[] {
  const { address, inputList, through } = task;
  return inputList
    ? [...probingOf(task), ...listArgs(inputList)]
    : [...inputOptions(task), "-i", through ?? address.url];
}

/**
 * Several branches hang from one filter graph rather than each from one of its own: newer versions of
 * ffmpeg run every graph in a thread of its own, and their lines would mix.
 */
function frameOutputs(task: FfmpegTask): string[] {
  const { address, config, branches, motionSocket, fullPictures, pictures } = task;
  const picking = pickingFilters(config, address.kind === "file", Boolean(pictures));
  const outputs = branches.map(({ format, socket }, index) => ({
    filters: branchFilters(format, index),
    output: frameOutput(format.pixelFormat, socket),
  }));
  if (motionSocket !== undefined) {
    outputs.push({ filters: motionFilters, output: frameOutput("gray", motionSocket) });
  }
  if (fullPictures !== undefined) {
    // First of all: it is there before the frame that leads to it.
    outputs.unshift({ filters: ["format=yuv420p"], output: fullOutput(fullPictures) });
  }
  const [only, ...others] = outputs;
  if (only && others.length === 0 && !pictures) {
    const filters = [...picking, ...only.filters].join(",");
    return ["-map", "0:V:0", "-filter:v", filters, ...only.output];
  }
  const split = [...picking, `split=${outputs.length}`].join(",");
  const graph = [
    ...(pictures ? ["[0:V:0]split[picked][all]"] : []),
    `[${pictures ? "picked" : "0:V:0"}]${split}${
      outputs.map((_, index) => `[in${index}]`).join("")
    }`,
    ...outputs.map(({ filters }, index) => `[in${index}]${filters.join(",")}[out${index}]`),
    // Filters work in their order here: what is said of a picture comes after what is of its frames.
    ...(pictures ? [allPictures(pictures)] : []),
  ];
  return [
    ...["-filter_complex", graph.join(";")],
    ...outputs.flatMap(({ output }, index) => ["-map", `[out${index}]`, ...output]),
    // After the frames, which are on their way to the model meanwhile.
    ...(pictures
      ? ["-map", "[pictures]", ...pictureOutput(pictures, address.kind === "file")]
      : []),
  ];
}

/** Before any is left out. */
function allPictures({ pixels }: PictureOutput): string {
  return `[all]${pictureFilters(largestPicture, pixels).join(",")}[pictures]`;
}

/** Pictures that wait in ffmpeg for Sightline, where the processor does not suffice. */
const waitingPictures = 8;

/**
 * By a thread of its own, so that no frame waits for Sightline to read a picture: of a camera,
 * pictures are left out then. Their times are their numbers, by which lines and pictures are joined.
 */
function pictureOutput({ path }: PictureOutput, isFile: boolean): string[] {
  return [
    // Of a camera that changes its size, pictures are as large as their lines say, not as the first.
    ...["-noautoscale", "-fps_mode", "passthrough", "-threads", "1", "-c:v", "rawvideo"],
    ...["-enc_time_base", "1:1000", "-bsf:v", "setts=pts=N:dts=N"],
    ...["-f", "fifo", "-fifo_format", "nut"],
    ...["-queue_size", String(waitingPictures), "-drop_pkts_on_overflow", isFile ? "0" : "1"],
    ...["-format_opts", "write_index=0:flush_packets=1", `unix:${path}`],
  ];
}

/** One file for each picture; each appears only when it is whole. */
function fullOutput(pattern: string): string[] {
  return [
    ...["-fps_mode", "passthrough", "-threads", "1", "-c:v", "rawvideo"],
    ...["-f", "image2", "-atomic_writing", "1", "-start_number", "0", pattern],
  ];
}

function frameOutput(pixelFormat: string, socket: string | null): string[] {
  return [
    // The rawvideo encoder is threaded too, and would hold back a frame for each thread; without
    // the flush the end of each frame waits in a buffer for the beginning of the next.
    ...["-fps_mode", "passthrough", "-threads", "1", "-flush_packets", "1"],
    ...(pixelFormat === "jpeg" ? jpegOutput : ["-f", "rawvideo"]),
    socket === null ? "pipe:1" : `unix:${socket}`,
  ];
}

/** JPEG files, each after a few lines of text that tell its length. Quality 3 of 2…31. */
const jpegOutput = ["-c:v", "mjpeg", "-q:v", "3", "-f", "mpjpeg"];

/** Options of the decoder; it leaves the packets for the tap as they are. */
function decoding({ decode, hwaccel }: SourceConfig, decodesAll: boolean): string[] {
  return [
    ...(hwaccel === null ? [] : ["-hwaccel", hwaccel]),
    ...(decode === "keyframes" && !decodesAll ? ["-skip_frame", "nokey"] : []),
  ];
}

/** What is asked of a camera that offers several media. */
function mediaTypes({ clipAudio }: SourceConfig): string[] {
  return ["-allowed_media_types", clipAudio ? "video+audio" : "video"];
}

/**
 * Until a key frame has come, and with it the size of pictures; of what comes without a header always
 * so long. Meanwhile there is no sign of life.
 */
const longProbeMs = 5000;

/**
 * Three pictures are enough, the frame rate does not matter to us. Of a longer time ffmpeg believes
 * that it passes as fast as the codec's header says, often 25 pictures a second: from a camera that
 * sends one in a second it would read for 25 seconds. (Zero would mean five seconds.)
 */
const probingShort = ["-fpsprobesize", "0", "-analyzeduration", "1"];

/** RTSP, and a file of SDP, describe their stream, so that the first picture is enough. */
const probingRtp = [...probingShort, "-probesize", "32"];

function probingOf({ address, config, sizeProbe = "short" }: InputTask): readonly string[] {
  if (sizeProbe === "long") {
    const probeMs = Math.min(longProbeMs, config.stallTimeoutMs / 2);
    return ["-fpsprobesize", "0", "-analyzeduration", String(probeMs * 1000)];
  }
  // The first packets may be those of sound.
  if (config.clipAudio) return ["-fpsprobesize", "0", "-analyzeduration", "1000000"];
  return address.kind === "rtsp" || address.kind === "sdp" ? probingRtp : probingShort;
}

/** What tells how the input is opened. */
type InputTask = Pick<FfmpegTask, "address" | "config" | "pace" | "sizeProbe">;

/** ffmpeg's own limits are a second net: they come after our watchdog. */
const extraTimeoutMs = 2000;

/** The longest wait for a camera that pushes, in seconds: what ffmpeg can count in milliseconds. */
const longestListenS = 2_147_483;

/** What stands before the input's URL. */
export function inputOptions(task: InputTask): readonly string[] {
  const { address, config, pace = ["-re"] } = task;
  const probing = probingOf(task);
  // Over UDP there would be no TLS.
  const transport = isRtsps(address) && config.rtspTransport === "udp"
    ? "tcp"
    : config.rtspTransport;
  const timeoutUs = String((config.stallTimeoutMs + extraTimeoutMs) * 1000);
  switch (address.kind) {
    case "rtsp":
      return [
        ...probing,
        ...mediaTypes(config),
        ...(config.rtspListen
          // Its default means for ever, but makes a number that ffmpeg 9 itself refuses.
          ? ["-rtsp_flags", "listen", "-listen_timeout", String(longestListenS)]
          : ["-rtsp_transport", transport, "-timeout", timeoutUs]),
        // A key frame comes in one burst: give UDP room for it, as far as the system allows.
        ...(transport === "udp" ? ["-buffer_size", "2097152"] : []),
      ];
    case "http":
      // Else ffmpeg 9 takes the end of an answer in chunks for an error.
      return [...probing, "-rw_timeout", timeoutUs, "-multiple_requests", "1"];
    case "rtmp":
      return [
        ...probing,
        ...config.rtspListen
          ? ["-listen", "1", "-timeout", String(longestListenS)]
          : ["-rw_timeout", timeoutUs],
      ];
    case "srt":
      return [
        ...probing,
        ...config.rtspListen ? ["-mode", "listener"] : ["-rw_timeout", timeoutUs],
      ];
    case "udp":
      return [
        ...probing,
        ...["-timeout", timeoutUs, "-buffer_size", "2097152"],
        // What was lost is lost; the stream goes on.
        ...["-overrun_nonfatal", "1"],
      ];
    case "sdp":
      return [
        ...probing,
        ...["-protocol_whitelist", "file,crypto,data,rtp,udp"],
        ...[...mediaTypes(config), "-buffer_size", "2097152"],
      ];
    case "device":
      return ["-f", "v4l2"];
    case "file":
      return config.fps === null ? [] : pace;
  }
}

/** What times in the tap are ahead of the frames' `ptsMs`, in milliseconds: it has none below zero. */
export const tapOffsetMs = 10_000;

/**
 * The camera's packets as they come, on the frames' own clock. NUT carries every codec with its exact
 * times and without parameter sets beforehand, which Matroska insists on; an index would grow for
 * as long as the camera runs.
 */
function tapOutput(socket: string, { clipAudio }: SourceConfig): string[] {
  return [
    // Also what comes before the first key frame: there are cameras that send none.
    ...["-map", "0:V:0", "-c", "copy", "-copyinkf", "-bsf", fillTimes],
    // Packets of one kind are not kept until one of the other kind has come.
    ...(clipAudio ? ["-map", "0:a:0?", "-max_interleave_delta", "1"] : []),
    ...["-f", "nut", "-write_index", "0", "-flush_packets", "1"],
    ...["-avoid_negative_ts", "disabled", "-output_ts_offset", String(tapOffsetMs / 1000)],
    `unix:${socket}`,
  ];
}

/** The first packet of an RTSP stream comes without times, which muxers refuse. */
const fillTimes = "setts=pts='if(eq(PTS,NOPTS),if(N,PREV_OUTPTS+1,0),PTS)'" +
  ":dts='if(eq(DTS,NOPTS),if(N,PREV_OUTDTS+1,-0.5/TB),DTS)'";
