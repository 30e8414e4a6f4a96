/** Packets into an MP4 file that browsers play while it comes; nothing is decoded. */

import type { ClipGroup } from "./clip_group.ts";
import type { AudioParameters, Display } from "../frame/camera_packet.ts";
import { nutHeader } from "../frame/nut_muxer.ts";
import { fromGroups, quiet, tagOf } from "./ffmpeg_args.ts";
import { framed, runFfmpeg, type RunOptions } from "./make_snapshot.ts";
import { showClip } from "./show_clip.ts";

/** What a clip is made of. */
export interface ClipTask extends RunOptions {
  /** In order, all of one run, at least one; the first begins the clip. */
  readonly groups: readonly ClipGroup[];
  /** From its first picture to its last. */
  readonly durationMs: number;
  readonly path: string;
  /** How pictures are to be shown; null = the stream itself tells. */
  readonly display: Display | null;
}

/** Writes the file. @throws {Error} when ffmpeg cannot */
export async function makeClip(task: ClipTask): Promise<void> {
  const { groups, durationMs, path, display, ...options } = task;
  const { parameters } = groups[0]!;
  const { video, audio } = parameters;
  const args = [
    ...quiet,
    ...["-threads", "1", ...fromGroups(groups), "-map", "0"],
    ...(playable.has(video.codec) ? ["-c:v", "copy"] : toH264),
    ...tagOf(parameters),
    ...soundOf(audio),
    // Of the sound; the last picture too, whose time was rounded.
    ...["-t", ((durationMs + 1) / 1000).toFixed(6)],
    // The first picture is shown at 0, though with B-frames it is decoded before.
    ...["-avoid_negative_ts", "disabled"],
    ...["-movflags", "+faststart", "-f", "mp4", "-y", path],
  ];
  const patienceMs = encodingMs(durationMs);
  await runFfmpeg(args, partsOf(groups), { ...options, patienceMs, isSilent: true });
  if (display !== null) await showClip(path, display);
}

/** Encoding takes ten times as long as the clip at most, on a machine that has time for it. */
export function encodingMs(durationMs: number): number {
  return 10_000 + 10 * durationMs;
}

/** Codecs of video that browsers play from an MP4; all others are encoded anew. */
const playable = new Set(["h264", "hevc", "vp9", "av1"]);

/** Video that browsers play. */
export const toH264 = [
  ...["-vf", "scale=w='trunc(iw/2)*2':h='trunc(ih/2)*2'", "-pix_fmt", "yuv420p"],
  ...["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-threads", "1"],
  // Without B-frames the first picture is shown at once.
  ...["-bf", "0"],
  // A likely rate: of the clock's x264 names a level that many players refuse.
  ...["-x264-params", "fps=30"],
  ...["-fps_mode", "passthrough"],
];

/** Browsers play no other sound of a camera from an MP4. */
export function soundOf(audio: AudioParameters | null): string[] {
  return audio === null ? [] : ["-c:a", audio.codec === "aac" ? "copy" : "aac"];
}

/** What ffmpeg reads them from. */
export async function* partsOf(groups: readonly ClipGroup[]): AsyncGenerator<Uint8Array> {
  yield nutHeader(groups[0]!.parameters);
  for (const group of groups) yield* (await group.packets()).flatMap(framed);
}
