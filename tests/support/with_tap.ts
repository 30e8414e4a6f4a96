/** Both ends of a tap: a camera for the live view, and a reader that keeps what comes. */

import type { CameraPacket, CodecParameters, PacketTap } from "../../src/frame/camera_packet.ts";
import { nutFrame, nutHeader } from "../../src/frame/nut_muxer.ts";
import { tapOffsetMs } from "../../src/source/ffmpeg_args.ts";
import { TapReader } from "../../src/source/tap_reader.ts";
import { concatBytes } from "../../src/concat_bytes.ts";
import type { GreyPicture } from "./grey_pictures.ts";

export interface TapOptions {
  /** What writes the pictures, in ffmpeg's `lavfi` language. */
  readonly pictures: string;
  readonly tap: PacketTap;
  /** Called with the time of each picture on the stream's clock, as a result would be. */
  readonly onPicture?: (ptsMs: number) => void;
  /** What ffmpeg calls how they are encoded. @default {"h264"} */
  readonly codec?: keyof typeof encoders;
  /** Pictures from one key frame to the next. @default {25} */
  readonly group?: number;
  /** More options of the encoder. @default {none} */
  readonly encoder?: readonly string[];
}

/** Those that keep up with a camera on a busy machine. */
const encoders = {
  h264: ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
  hevc: ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:bframes=0"],
  vp9: ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-lag-in-frames", "0"],
  av1: ["-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "pred-struct=1:lookahead=0"],
  mjpeg: ["-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p"],
};

/** A camera at work; disposing of it switches it off. */
export function startCamera(options: TapOptions): AsyncDisposable {
  const { pictures, tap, onPicture, codec = "h264", group = 25, encoder = [] } = options;
  const child = new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", pictures, "-pix_fmt", "yuv420p"],
      ...encoders[codec],
      ...["-threads", "1", "-g", String(group), ...encoder, "-f", "nut", "-write_index", "0"],
      ...["-output_ts_offset", `${tapOffsetMs / 1000}`, "-flush_packets", "1", "pipe:1"],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    // Else SVT-AV1 tells of itself.
    env: { SVT_LOG: "1" },
  }).spawn();
  const pump = (async () => {
    tap.begin();
    const reader = new TapReader({
      begin: () => {},
      describe: (parameters) => tap.describe(parameters),
      write: (packet) => {
        tap.write(packet);
        onPicture?.(packet.ptsMs);
      },
    }, codec);
    for await (const bytes of child.stdout) reader.push(bytes);
  })();
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await Promise.all([pump, child.status]);
    },
  };
}

/** Keeps all packets. */
export class RecordedTap implements PacketTap {
  readonly packets: CameraPacket[] = [];
  readonly described: CodecParameters[] = [];
  runs = 0;

  begin(): void {
    this.runs++;
  }

  describe(parameters: CodecParameters): void {
    this.described.push(parameters);
  }

  write(packet: CameraPacket): void {
    this.packets.push(packet);
  }

  /** What an ffmpeg decodes of packets, the first of them a key frame. */
  async pictures(packets: readonly CameraPacket[] = this.packets): Promise<GreyPicture[]> {
    const parameters = this.described[0]!;
    const { width, height } = parameters.video;
    await using ffmpeg = new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "error", "-f", "nut", "-i", "pipe:0", "-map", "0:v", "-fps_mode", "passthrough"],
        ...["-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"],
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const bytes = packets.flatMap((packet) => [nutFrame(packet), packet.data]);
    const [output] = await Promise.all([
      new Response(ffmpeg.stdout).bytes(),
      new Blob([nutHeader(parameters), concatBytes(bytes)]).stream().pipeTo(ffmpeg.stdin),
    ]);
    const size = width * height;
    return Array.from({ length: output.length / size }, (_, index) => ({
      data: output.subarray(index * size, (index + 1) * size),
      width,
      height,
    }));
  }
}
