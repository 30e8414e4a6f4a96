/** Clips of which a part is hidden: decoded, drawn into, and encoded anew. */

import type { AudioParameters, CameraPacket } from "../frame/camera_packet.ts";
import { NutDemuxer } from "../frame/nut_demuxer.ts";
import { muxOffsetMs, nutFrame, nutHeader } from "../frame/nut_muxer.ts";
import { FfmpegProcess } from "../source/ffmpeg_process.ts";
import type { Picture } from "../use_case/use_case.ts";
import { notTurned } from "../view/ffmpeg_args.ts";
import type { ClipGroup } from "./clip_group.ts";
import { asShown, fromGroups, fromPackets, quiet } from "./ffmpeg_args.ts";
import { type ClipTask, encodingMs, partsOf, soundOf, toH264 } from "./make_clip.ts";
import { feed, framed, runFfmpeg, type RunOptions } from "./make_snapshot.ts";

/** What such a clip is made of. */
export interface HiddenClipTask extends ClipTask {
  /** Hides what is to be hidden in the picture with this `ptsMs`, or all of it. */
  hide(picture: Picture, ptsMs: number): Promise<void>;
  /** Each picture of it passes through this process: fewer rows are less work. */
  readonly mostRows: number;
}

/** Writes the file. @throws {Error} when ffmpeg cannot */
export async function makeHiddenClip(task: HiddenClipTask): Promise<void> {
  const { groups, durationMs, path } = task;
  const options = { ...task, patienceMs: encodingMs(durationMs) };
  const { startMs, parameters: { audio } } = groups[0]!;
  const endMs = startMs + durationMs + 1;
  async function* drawn() {
    let isBegun = false;
    const sound = audioOf(groups, startMs);
    let packet = await sound.next();
    for await (const { ptsMs, picture } of decoded(task, options)) {
      if (ptsMs < startMs - 0.5 || ptsMs > endMs) continue;
      await task.hide(picture, ptsMs);
      if (!isBegun) yield headerOf(picture, audio);
      isBegun = true;
      for (; !packet.done && packet.value.ptsMs <= ptsMs; packet = await sound.next()) {
        yield* framed(packet.value);
      }
      const { data } = picture;
      yield nutFrame({ kind: "video", data, keyframe: true, ptsMs });
      yield data;
    }
  }
  const args = [
    ...[...quiet, ...fromPackets, "-map", "0:v:0", "-map", "0:a?", ...toH264],
    // Else times would be rounded to the rate that is told.
    ...["-enc_time_base", "1:90000"],
    ...soundOf(audio),
    ...["-avoid_negative_ts", "disabled", "-movflags", "+faststart", "-f", "mp4", "-y", path],
  ];
  await runFfmpeg(args, drawn(), { ...options, isSilent: true });
}

/** The sound of groups from a time on. */
async function* audioOf(
  groups: readonly ClipGroup[],
  fromMs: number,
): AsyncGenerator<CameraPacket, undefined> {
  for (const group of groups) {
    for (const packet of await group.packets()) {
      if (packet.kind === "audio" && packet.ptsMs >= fromMs) yield packet;
    }
  }
}

function headerOf(
  { width, height }: Picture,
  audio: AudioParameters | null,
): Uint8Array<ArrayBuffer> {
  const extradata = new Uint8Array(0);
  return nutHeader({
    video: { codec: "rawvideo", fourcc: "RGBA", width, height, extradata },
    audio,
  });
}

interface TimedPicture {
  readonly ptsMs: number;
  readonly picture: Picture;
}

/** All pictures of a clip, as they are shown, one at a time. */
async function* decoded(
  { groups, display, mostRows }: HiddenClipTask,
  { guard, memoryMb, signal }: RunOptions,
): AsyncGenerator<TimedPicture> {
  const filters = [...asShown(display), `scale=w=-2:h='trunc(min(ih,${mostRows})/2)*2'`];
  await using ffmpeg = new FfmpegProcess({
    args: [
      ...[...quiet, "-threads", "1", ...notTurned(display)],
      ...["-copyts", ...fromGroups(groups), "-map", "0:v:0", "-fps_mode", "passthrough"],
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
