/** Command lines of ffmpeg that encode drawn pictures. */

import type { DecodedPicture } from "../frame/decoded_picture.ts";

/** Encoders of hardware, by what decodes with it. */
const byHardware: Readonly<Record<string, string>> = {
  cuda: "h264_nvenc",
  qsv: "h264_qsv",
  vaapi: "h264_vaapi",
  videotoolbox: "h264_videotoolbox",
  d3d11va: "h264_mf",
};

/** The encoder that belongs to a way of decoding; null = none is known. */
export function encoderOf(hwaccel: string | null): string | null {
  return hwaccel === null ? null : byHardware[hwaccel] ?? null;
}

/** Seconds from one key frame to the next: so long who comes later waits for a picture. */
const groupS = 2;

/** What of a picture is the same for all that one process encodes. */
export type PictureKind = Pick<DecodedPicture, "width" | "height" | "pixels" | "tags">;

/** Raw pictures from `input` in NUT, H.264 on stdout in NUT, each picture as soon as it is encoded. */
export function toVideo(
  hardware: string | null,
  picture: PictureKind,
  input: string,
): string[] {
  const format = hardware === "h264_vaapi" ? ["format=nv12", "hwupload"] : ["format=yuv420p"];
  return [
    ...["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+error"],
    ...(hardware === "h264_vaapi" ? ["-vaapi_device", "/dev/dri/renderD128"] : []),
    ...["-probesize", "32", "-analyzeduration", "0", "-fpsprobesize", "0", "-copyts"],
    ...["-f", "nut", "-i", input, "-map", "0:v:0", "-fps_mode", "passthrough"],
    ...["-vf", [...meaning(picture), ...format].join(",")],
    ...(hardware === null ? inSoftware : ["-c:v", hardware, "-bf", "0", ...atOnce[hardware] ?? []]),
    ...["-force_key_frames", `expr:gte(t,n_forced*${groupS})`],
    // Players that join later need the parameter sets in the stream itself.
    ...["-bsf:v", "dump_extra=freq=keyframe", "-enc_time_base", "1:90000"],
    ...["-f", "nut", "-write_index", "0", "-flush_packets", "1", "pipe:1"],
  ];
}

/** What keeps encoders of hardware from holding pictures back, and has groups begin where they are to. */
const atOnce: Readonly<Record<string, readonly string[]>> = {
  h264_nvenc: ["-delay", "0", "-zerolatency", "1", "-forced-idr", "1"],
  h264_qsv: ["-async_depth", "1", "-forced_idr", "1"],
  h264_vaapi: ["-async_depth", "1"],
  h264_videotoolbox: ["-realtime", "1"],
};

/** No picture waits for a later one, and none for another thread. */
const inSoftware = [
  ...["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-crf", "23"],
  ...["-x264-params", "repeat-headers=1"],
];

/** Raw pixels do not say it themselves; of RGBA ffmpeg makes what it likes best. */
function meaning({ pixels, tags }: PictureKind): string[] {
  if (pixels === "rgba") return [];
  const { range, space, primaries, transfer } = tags;
  return [
    `setparams=range=${range}:colorspace=${space}:color_primaries=${primaries}:color_trc=${transfer}`,
  ];
}
