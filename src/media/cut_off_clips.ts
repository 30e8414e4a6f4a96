/** Clips that went on when an earlier Sightline was killed: finished, of what lies on the disk. */

import type { SightlineEvent } from "../events/event.ts";
import type { ChildGuard } from "../process_guard.ts";
import { type ClipNote, groupsOf, unfinishedClips } from "./clip_spool.ts";
import { type ClipFiles, keepClip } from "./keep_clip.ts";
import type { MediaFolder } from "./media_folder.ts";

/** One of them. */
export interface CutOffClip extends ClipNote {
  /** Where its packets lie. */
  readonly spool: string;
  /** Takes it off the list of those that there are. */
  forget(): Promise<void>;
}

/** Those that there are; they belong too to the events that `closed` what had begun. */
export async function findCutOff(
  folder: MediaFolder,
  closed: readonly SightlineEvent[],
): Promise<CutOffClip[]> {
  const found: CutOffClip[] = [];
  for (const spool of await folder.leftSpools()) {
    for (const { path, note } of await unfinishedClips(spool)) {
      const ends = closed.filter(({ started_id: id }) => id !== undefined && note.ids.includes(id));
      const ids = [...note.ids, ...ends.map(({ id }) => id)];
      found.push({ ...note, ids, spool, forget: () => Deno.remove(path).catch(() => {}) });
    }
  }
  return found;
}

/** Makes one, which ends where its packets do. @throws {Error} when there are none */
export async function finishCutOff(
  clip: CutOffClip,
  options: {
    readonly folder: MediaFolder;
    readonly guard: ChildGuard;
    readonly signal: AbortSignal;
  },
): Promise<ClipFiles> {
  return await keepClip({ ...options, ...clip, groups: await groupsOf(clip.spool) });
}
