/** Packets of one camera on disk, for clips that go on, and what a later start needs to finish them. */

import { z } from "zod";
import type { ClipGroup, FramesByStream } from "./clip_group.ts";
import type { StreamNote } from "./hide_between.ts";
import type { PictureGroup } from "./packet_ring.ts";
import { readSpooled, SpooledGroup } from "./spooled_group.ts";

const clipNote = z.object({
  /** Events that have it. */
  ids: z.array(z.string()).readonly(),
  stream: z.string(),
  run: z.number(),
  fromMs: z.number(),
  /** It ends here at the latest. */
  endMs: z.number(),
  /** Milliseconds since 1970. */
  atMs: z.number(),
  /** How pictures are to be shown. */
  display: z.object({
    turn: z.number(),
    flipped: z.boolean(),
    pixelRatio: z.string().nullable(),
  }).nullable(),
});

/** A clip that goes on. Times are `ptsMs` of the camera's run. */
export type ClipNote = Readonly<z.output<typeof clipNote>>;

/** Keeps groups as long as a clip wants them. */
export class ClipSpool {
  readonly #folder: string;
  #groups: SpooledGroup[] = [];
  readonly #of = new WeakMap<PictureGroup, SpooledGroup>();
  #count = 0;
  #noting: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Those that are in memory no more, from the oldest to the newest. */
  get left(): readonly SpooledGroup[] {
    return inOrder(this.#groups.filter(({ hasLeft }) => hasLeft));
  }

  /** Whether a part of it was written. */
  has(group: PictureGroup): boolean {
    return this.#spooled(group) !== undefined;
  }

  /** Writes a group down, or what it has become since; it ends at `endMs`. */
  write(group: PictureGroup, endMs: number, frames: FramesByStream): SpooledGroup {
    let spooled = this.#spooled(group);
    if (spooled === undefined) {
      spooled = new SpooledGroup(`${this.#folder}/${this.#count++}`, group, this.#makeFolder());
      this.#of.set(group, spooled);
      this.#groups.push(spooled);
    }
    spooled.endMs = endMs;
    spooled.grow(group.packets, frames);
    return spooled;
  }

  /** The ring lets a group go. */
  leave(
    group: PictureGroup,
    endMs: number,
    { frames, notes }: { readonly frames: FramesByStream; readonly notes: readonly StreamNote[] },
  ): void {
    const spooled = this.write(group, endMs, frames);
    spooled.notes = notes;
    spooled.hasLeft = true;
  }

  /** Each time: it may have been removed, or there was no room for it. */
  #makeFolder(): Promise<void> {
    return Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  #spooled(group: PictureGroup): SpooledGroup | undefined {
    const spooled = this.#of.get(group);
    // One that was removed may be wanted again by a later clip.
    return spooled && this.#groups.includes(spooled) ? spooled : undefined;
  }

  /** Removes all that is no longer wanted. */
  keep(isWanted: (group: { readonly run: number; readonly endMs: number }) => boolean): void {
    for (const group of this.#groups) if (!isWanted(group)) group.remove();
    this.#groups = this.#groups.filter(isWanted);
  }

  /** Writes down that a clip goes on; null = it does no more. */
  note(number: number, note: ClipNote | null): void {
    const path = `${this.#folder}/clip${number}.json`;
    const text = JSON.stringify(note);
    this.#noting = this.#noting.then(async () => {
      if (note === null) return await Deno.remove(path);
      await this.#makeFolder();
      await Deno.writeTextFile(`${path}.part`, text, { mode: 0o600 });
      await Deno.rename(`${path}.part`, path);
    }).catch(() => {
      // Without a note it is not finished after a kill, as it would be without a disk.
    });
  }

  /** Resolves when all of it lies on the disk, or could not be written. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#noting, ...this.#groups.map(({ written }) => written)]);
  }
}

/** Clips that are unfinished in a spool, with where they are noted. */
export async function unfinishedClips(
  folder: string,
): Promise<{ readonly path: string; readonly note: ClipNote }[]> {
  const notes = [];
  for (const name of await namesIn(folder, /^clip\d+\.json$/)) {
    const path = `${folder}/${name}`;
    try {
      notes.push({ path, note: clipNote.parse(JSON.parse(await Deno.readTextFile(path))) });
    } catch {
      // It was cut off by a loss of power, or damaged: there is no such clip.
    }
  }
  return notes;
}

/** What lies in the spool of an earlier process, from the oldest to the newest. */
export async function groupsOf(folder: string): Promise<ClipGroup[]> {
  const groups: ClipGroup[] = [];
  for (const name of await namesIn(folder, /^\d+\.jsonl$/)) {
    try {
      groups.push(await readSpooled(`${folder}/${name.replace(/\.jsonl$/, "")}`));
    } catch {
      // A loss of power may have left the beginning of a file, or none.
    }
  }
  return inOrder(groups);
}

/** A clip that reaches further back than one before it has older ones written later. */
function inOrder<T extends ClipGroup>(groups: readonly T[]): T[] {
  return groups.toSorted((a, b) => a.run - b.run || a.startMs - b.startMs);
}

async function namesIn(folder: string, pattern: RegExp): Promise<string[]> {
  const names = [];
  try {
    for await (const { name } of Deno.readDir(folder)) if (pattern.test(name)) names.push(name);
  } catch (error) {
    // Nothing was ever written there, or it is a file that some other program left.
    const { NotFound, NotADirectory } = Deno.errors;
    if (!(error instanceof NotFound || error instanceof NotADirectory)) throw error;
  }
  return names;
}
