/** A camera for the live view: ffmpeg's own pictures, compressed, in real time. */

import { type CompressedTap, transportOffsetMs } from "../../src/frame/compressed.ts";
import { splitPictures } from "./transport_stream.ts";

export interface TapOptions {
  /** What writes the pictures, in ffmpeg's `lavfi` language. */
  readonly pictures: string;
  readonly tap: CompressedTap;
  /** Called with the time of each picture on the stream's clock, as a result would be. */
  readonly onPicture?: (ptsMs: number) => void;
  /** Pictures from one key frame to the next. @default {25} */
  readonly group?: number;
}

/** A camera at work; disposing of it switches it off. */
export function startCamera(options: TapOptions): AsyncDisposable {
  const { pictures, tap, onPicture, group = 25 } = options;
  const child = new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", pictures, "-pix_fmt", "yuv420p"],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1"],
      ...["-g", String(group), "-f", "mpegts", "-mpegts_flags", "+pat_pmt_at_frames"],
      ...["-muxdelay", "0", "-muxpreload", "0", "-output_ts_offset", `${transportOffsetMs / 1000}`],
      ...["-flush_packets", "1", "pipe:1"],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const pump = (async () => {
    tap.begin();
    for await (const picture of splitPictures(child.stdout)) {
      tap.write({ ...picture, startsMs: [picture.transportMs] });
      onPicture?.(picture.transportMs - transportOffsetMs);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await Promise.all([pump, child.status]);
    },
  };
}
