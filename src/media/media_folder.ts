/** Pictures and clips in the data folder. */

import { v7 } from "uuid";
import { type KeptFile, mediaFolder } from "../events/media_table.ts";

/** What a file is while it is written. */
const unfinished = ".part";

/** Files of a data folder, each of which appears when it is whole. */
export class MediaFolder {
  readonly path: string;
  readonly #own = new Set<string>();

  /** `dataDir` is there already. */
  constructor(dataDir: string) {
    this.path = mediaFolder(dataDir);
  }

  /** Where a file lies. */
  pathOf(name: string): string {
    return `${this.path}/${name}`;
  }

  /** A name that no file has, such as `2026-11-29/<uuid>.jpg`. */
  newName(ending: "jpg" | "mp4" | "json", atMs: number): string {
    return `${new Date(atMs).toISOString().slice(0, 10)}/${v7()}.${ending}`;
  }

  /** A folder for what is wanted for a while. */
  newSpool(): string {
    const path = `${this.#spools}/${v7()}`;
    this.#own.add(path);
    return path;
  }

  /** Such folders that an earlier process left. */
  async leftSpools(): Promise<string[]> {
    const paths = (await list(this.#spools)).map((name) => `${this.#spools}/${name}`);
    return paths.filter((path) => !this.#own.has(path));
  }

  /** Removes such a folder. */
  async removeSpool(path: string): Promise<void> {
    await Deno.remove(path, { recursive: true }).catch(() => {});
  }

  /** Those of this process, but for one of which `isWanted`. */
  async removeSpools(isWanted: (path: string) => Promise<boolean>): Promise<void> {
    for (const path of this.#own) if (!await isWanted(path)) await this.removeSpool(path);
    // Unless there are others in it.
    await Deno.remove(this.#spools).catch(() => {});
  }

  /** Writes a file; after a power cut it is there as a whole, or not at all. */
  async write(name: string, data: Uint8Array): Promise<KeptFile> {
    return await this.make(name, async (path) => {
      using file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
      for (let at = 0; at < data.length;) at += await file.write(data.subarray(at));
    });
  }

  /** Has a file written by a callback, under a name that it loses when it is whole. */
  async make(name: string, write: (path: string) => Promise<void>): Promise<KeptFile> {
    const path = this.pathOf(name);
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
    try {
      await write(path + unfinished);
      using file = await Deno.open(path + unfinished, { read: true, write: true });
      await file.sync();
      const { size } = await file.stat();
      await Deno.rename(path + unfinished, path);
      return { name, bytes: size };
    } catch (error) {
      await Deno.remove(path + unfinished).catch(() => {});
      throw error;
    }
  }

  /** Removes a file, if it is there. */
  async remove(name: string): Promise<void> {
    await Deno.remove(this.pathOf(name)).catch(() => {});
  }

  /** Removes what no event names and was there before this process, such as what a kill left. */
  async removeStrangers(isKnown: (names: readonly string[]) => Promise<readonly string[]>) {
    for (const day of await list(this.path)) {
      if (this.pathOf(day) === this.#spools) continue;
      const names = (await list(this.pathOf(day))).map((file) => `${day}/${file}`);
      // A day of ours may just be about to get its first file.
      if (names.length === 0 && await this.#isOld(day)) {
        await Deno.remove(this.pathOf(day)).catch(() => {});
      }
      for (let at = 0; at < names.length; at += 500) {
        const some = names.slice(at, at + 500);
        const known = new Set(await isKnown(some));
        for (const name of some) {
          if (!known.has(name) && await this.#isOld(name)) await this.remove(name);
        }
      }
    }
  }

  get #spools(): string {
    return `${this.path}/spool`;
  }

  async #isOld(name: string): Promise<boolean> {
    const { mtime } = await Deno.stat(this.pathOf(name)).catch(() => ({ mtime: null }));
    return mtime !== null && mtime.getTime() < performance.timeOrigin;
  }
}

async function list(path: string): Promise<string[]> {
  const names = [];
  try {
    for await (const { name } of Deno.readDir(path)) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
      throw error;
    }
  }
  return names;
}
