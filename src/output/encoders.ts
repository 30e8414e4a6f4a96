/** Command lines of ffmpeg that encode drawn pictures. */

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

/** RGBA pictures on stdin in NUT, H.264 on stdout in NUT, each picture as soon as it is encoded. */
export function toVideo(hardware: string | null): string[] {
  return [
    ...["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+error"],
    ...(hardware === "h264_vaapi" ? ["-vaapi_device", "/dev/dri/renderD128"] : []),
    ...["-probesize", "32", "-analyzeduration", "0", "-fpsprobesize", "0", "-copyts"],
    ...["-f", "nut", "-i", "pipe:0", "-map", "0:v:0", "-fps_mode", "passthrough"],
    ...(hardware === "h264_vaapi" ? ["-vf", "format=nv12,hwupload"] : ["-vf", "format=yuv420p"]),
    ...(hardware === null ? inSoftware : ["-c:v", hardware, "-bf", "0"]),
    ...["-force_key_frames", `expr:gte(t,n_forced*${groupS})`],
    // Players that join later need the parameter sets in the stream itself.
    ...["-bsf:v", "dump_extra=freq=keyframe", "-enc_time_base", "1:90000"],
    ...["-f", "nut", "-write_index", "0", "-flush_packets", "1", "pipe:1"],
  ];
}

/** No picture waits for a later one, and none for another thread. */
const inSoftware = [
  ...["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-crf", "23"],
  ...["-x264-params", "repeat-headers=1"],
];
