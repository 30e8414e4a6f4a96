/** Clips of which a part is hidden: decoded, drawn into, and encoded anew. */

import { NutDemuxer } from "../frame/nut_demuxer.ts";
import { muxOffsetMs, nutFrame, nutHeader } from "../frame/nut_muxer.ts";
import { FfmpegProcess } from "../source/ffmpeg_process.ts";
import type { Picture } from "../use_case/use_case.ts";
import { notTurned } from "../view/ffmpeg_args.ts";
import { asShown, fromPackets, quiet } from "./ffmpeg_args.ts";
import { type ClipTask, encodingMs, partsOf, toH264 } from "./make_clip.ts";
import { feed, runFfmpeg, type RunOptions } from "./make_snapshot.ts";

/** What such a clip is made of. */
export interface HiddenClipTask extends ClipTask {
  /** Hides what is to be hidden in the picture with this `ptsMs`, or all of it. */
  hide(picture: Picture, ptsMs: number): Promise<void>;
}

/** Rows of such a clip at most: each picture of it passes through this process. */
const mostRows = 720;

/** Writes the file, which has no sound. @throws {Error} when ffmpeg cannot */
export async function makeHiddenClip(task: HiddenClipTask): Promise<void> {
  const { groups, durationMs, path } = task;
  const options = { ...task, patienceMs: encodingMs(durationMs) };
  const { startMs } = groups[0]!;
  async function* drawn() {
    let isBegun = false;
    for await (const { ptsMs, picture } of decoded(task, options)) {
      if (ptsMs < startMs - 0.5 || ptsMs > startMs + durationMs + 1) continue;
      await task.hide(picture, ptsMs);
      if (!isBegun) yield headerOf(picture);
      isBegun = true;
      const { data } = picture;
      yield nutFrame({ kind: "video", data, keyframe: true, ptsMs });
      yield data;
    }
  }
  const args = [
    ...[...quiet, ...fromPackets, "-map", "0:v:0", ...toH264],
    ...["-avoid_negative_ts", "disabled", "-movflags", "+faststart", "-f", "mp4", "-y", path],
  ];
  await runFfmpeg(args, drawn(), { ...options, isSilent: true });
}

function headerOf({ width, height }: Picture): Uint8Array<ArrayBuffer> {
  const extradata = new Uint8Array(0);
  return nutHeader({
    video: { codec: "rawvideo", fourcc: "RGBA", width, height, extradata },
    audio: null,
  });
}

interface TimedPicture {
  readonly ptsMs: number;
  readonly picture: Picture;
}

/** All pictures of a clip, as they are shown, one at a time. */
async function* decoded(
  { groups, display }: HiddenClipTask,
  { guard, memoryMb, signal }: RunOptions,
): AsyncGenerator<TimedPicture> {
  const filters = [...asShown(display), `scale=w=-2:h='trunc(min(ih,${mostRows})/2)*2'`];
  await using ffmpeg = new FfmpegProcess({
    args: [
      ...[...quiet, "-threads", "1", ...notTurned(display)],
      ...["-copyts", ...fromPackets, "-map", "0:v:0", "-fps_mode", "passthrough"],
      ...["-filter:v", filters.join(","), "-c:v", "rawvideo", "-pix_fmt", "rgba"],
      ...["-f", "nut", "-write_index", "0", "pipe:1"],
    ],
    guard,
    memoryMb: memoryMb ?? null,
    stdin: "piped",
    listener: { onLine: () => {} },
  });
  const stop = () => void ffmpeg.stop();
  signal.addEventListener("abort", stop);
  const fed = feed(ffmpeg.stdin, partsOf(groups));
  // It is awaited below; it may fail before.
  fed.catch(() => {});
  try {
    const demuxer = new NutDemuxer();
    for await (const bytes of ffmpeg.stdout) {
      for (const { data, timeMs } of demuxer.push(bytes)) {
        const { width, height } = demuxer.streams![0]!;
        yield { ptsMs: timeMs - muxOffsetMs, picture: { width, height, data } };
      }
    }
    await fed;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
