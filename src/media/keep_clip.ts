/** A clip and its boxes out of packets, in memory or on disk, as files that events have. */

import type { KeptFile } from "../events/media_table.ts";
import type { Display } from "../frame/camera_packet.ts";
import { type ClipFrame, type ClipGroup, cutGroups, withoutLeading } from "./clip_group.ts";
import { makeClip } from "./make_clip.ts";
import { type HiddenClipTask, makeHiddenClip } from "./make_hidden_clip.ts";
import type { RunOptions } from "./make_snapshot.ts";
import type { MediaFolder } from "./media_folder.ts";

/** A clip, and the boxes on its frames. */
export interface ClipFiles {
  readonly clip: KeptFile;
  readonly boxes: KeptFile;
}

/** What is kept; times are `ptsMs` of the camera's run. */
export interface KeepClipTask extends RunOptions {
  readonly folder: MediaFolder;
  /** In order; those before or behind the clip are left out. */
  readonly groups: readonly ClipGroup[];
  readonly run: number;
  readonly fromMs: number;
  readonly endMs: number;
  /** For the name of its folder, milliseconds since 1970. */
  readonly atMs: number;
  /** Whose boxes there are. */
  readonly stream: string;
  /** Frames of which the groups do not tell. @default {none} */
  readonly frames?: readonly ClipFrame[];
  readonly display: Display | null;
  /** How something is hidden. @default {nothing is} */
  readonly hiding?: Pick<HiddenClipTask, "hide" | "mostRows"> | undefined;
}

/** Writes the files. @throws {Error} when they cannot be made */
export async function keepClip(task: KeepClipTask): Promise<ClipFiles> {
  const { folder, run, fromMs, endMs, atMs, stream, frames = [], hiding } = task;
  const there = task.groups.filter((group) => group.run === run);
  // From the key frame at or before the beginning; pictures of the end may come behind a later one.
  const first = Math.max(0, there.findLastIndex(({ startMs }) => startMs <= fromMs + 0.5));
  const behind = there.findIndex(({ startMs }) => startMs > endMs);
  const [begins, ...more] = there.slice(first, behind < 0 ? undefined : behind + 1);
  if (begins === undefined || begins.startMs > endMs) {
    throw new Error("Cannot make a clip: its packets are gone (ring_s)");
  }
  const { groups, lastMs } = cutGroups([withoutLeading(begins), ...more], endMs);
  const { startMs } = begins;
  const name = folder.newName("mp4", atMs);
  const told = await Promise.all(groups.map((group) => group.frames()));
  const clip = await folder.make(name, async (path) => {
    const clip = { ...task, groups, durationMs: lastMs - startMs, path };
    await (hiding === undefined ? makeClip(clip) : makeHiddenClip({ ...clip, ...hiding }));
  });
  const all = [...told.flatMap((byStream) => byStream[stream] ?? []), ...frames];
  const text = JSON.stringify({ frames: onClipsClock(all, startMs, lastMs) });
  const boxes = await folder.write(name.replace(/mp4$/, "json"), new TextEncoder().encode(text));
  return { clip, boxes };
}

/** Each frame once, in order, with its time in the clip. */
function onClipsClock(
  frames: readonly ClipFrame[],
  startMs: number,
  endMs: number,
): { readonly ms: number; readonly boxes: unknown }[] {
  const byTime = new Map(frames.map(({ stampMs, boxes }) => [stampMs, boxes]));
  return [...byTime].filter(([stampMs]) => stampMs >= startMs - 0.5 && stampMs <= endMs + 0.5)
    .sort(([a], [b]) => a - b)
    .map(([stampMs, boxes]) => ({ ms: Math.round((stampMs - startMs) * 10) / 10, boxes }));
}
