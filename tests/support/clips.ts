/** Clips for tests, made once a run. Each picture carries its number in bars that survive a codec. */

const bars = 12;

/** What a clip shows, and how it is encoded. */
export interface ClipOptions {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  /** Pictures that are sent before ones that are shown earlier. @default {0} */
  readonly bFrames?: number;
  /** Frames from one key frame to the next. @default {fps} */
  readonly keyEvery?: number;
  /** @default {"h264"} */
  readonly codec?: "h264" | "h265" | "mjpeg" | "vp9" | "av1";
}

/** Where a clip is. */
export interface Clip {
  /** An MP4 or Matroska file. */
  readonly file: string;
  /**
   * The elementary stream for the RTSP server, with the times of its pictures beside it; the server
   * knows neither VP9 nor AV1.
   */
  readonly elementary: string;
}

const clips = new Map<string, Promise<Clip>>();
let directory: string | undefined;

/** A clip whose pictures are numbered from 0; see {@link frameNumber}. */
export function numberedClip(options: ClipOptions): Promise<Clip> {
  const key = JSON.stringify(options);
  let clip = clips.get(key);
  if (clip === undefined) clips.set(key, clip = makeClip(options, `clip${clips.size}`));
  return clip;
}

/**
 * The number in a picture of `clip`, read from one row of pixels in the middle. `stride` is the
 * distance between pixels in bytes, such as 3 for bgr24.
 */
export function frameNumber(
  data: Uint8Array,
  width: number,
  height: number,
  stride: number,
): number {
  const row = Math.floor(height / 2) * width;
  let number = 0;
  for (let bar = 0; bar < bars; bar++) {
    const x = Math.floor((bar + 0.5) * width / bars);
    if ((data[(row + x) * stride] ?? 0) > 127) number |= 1 << bar;
  }
  return number;
}

const encoders = {
  h264: (
    bFrames: number,
    keyEvery: number,
  ) => ["-c:v", "libx264", "-preset", "ultrafast", "-bf", `${bFrames}`, "-g", `${keyEvery}`],
  h265: (
    bFrames: number,
    keyEvery: number,
  ) => [
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-x265-params",
    `log-level=error:bframes=${bFrames}:keyint=${keyEvery}`,
  ],
  mjpeg: () => ["-c:v", "mjpeg", "-q:v", "3", "-huffman", "default", "-pix_fmt", "yuvj420p"],
  vp9: (_: number, keyEvery: number) => [
    ...["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", `${keyEvery}`],
  ],
  av1: (_: number, keyEvery: number) => [
    ...["-c:v", "libsvtav1", "-preset", "10", "-crf", "20", "-g", `${keyEvery}`],
  ],
};

const elementaryFilters = {
  h264: ["-bsf:v", "h264_mp4toannexb,h264_metadata=aud=insert"],
  h265: ["-bsf:v", "hevc_mp4toannexb,hevc_metadata=aud=insert"],
  mjpeg: [],
};

async function makeClip(options: ClipOptions, name: string): Promise<Clip> {
  const { width, height, fps, frames, bFrames = 0, codec = "h264" } = options;
  const base = `${await clipDirectory()}/${name}`;
  const file = codec === "h264" || codec === "h265" ? `${base}.mp4` : `${base}.mkv`;
  const elementary = `${base}.${codec}`;
  const raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", `${width}x${height}`, "-r", `${fps}`];
  const encode = new Deno.Command("ffmpeg", {
    args: [
      "-v",
      "error",
      ...raw,
      "-i",
      "pipe:0",
      "-pix_fmt",
      "yuv420p",
      ...encoders[codec](bFrames, options.keyEvery ?? fps),
      file,
    ],
    stdin: "piped",
    stdout: "null",
    // Else SVT-AV1 tells of itself.
    env: { SVT_LOG: "1" },
  }).spawn();
  const writer = encode.stdin.getWriter();
  for (let number = 0; number < frames; number++) {
    await writer.write(picture(number, width, height));
  }
  await writer.close();
  if (!(await encode.status).success) throw new Error(`Cannot make the clip ${file}`);
  if (codec === "vp9" || codec === "av1") return { file, elementary };
  await run("ffmpeg", [
    "-v",
    "error",
    "-i",
    file,
    "-c",
    "copy",
    ...elementaryFilters[codec],
    "-f",
    codec === "h265" ? "hevc" : codec,
    elementary,
  ]);
  const times = await run("ffprobe", [
    "-v",
    "error",
    "-show_entries",
    "packet=pts_time",
    "-of",
    "csv=p=0",
    file,
  ]);
  await Deno.writeTextFile(
    `${elementary}.pts`,
    times.split("\n").map((line) => line.replace(/,.*/, "")).filter(Boolean).join("\n"),
  );
  return { file, elementary };
}

function picture(number: number, width: number, height: number): Uint8Array<ArrayBuffer> {
  const row = Uint8Array.from({ length: width }, (_, x) => {
    return number >> Math.floor(x * bars / width) & 1 ? 235 : 16;
  });
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) data.set(row, y * width);
  return data;
}

async function clipDirectory(): Promise<string> {
  if (directory !== undefined) return directory;
  const made = directory = await Deno.makeTempDir({ prefix: "sightline-clips-" });
  addEventListener("unload", () => Deno.removeSync(made, { recursive: true }));
  return made;
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot run ${program}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
