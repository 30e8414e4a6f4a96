/** Watches files by their folders, since many an editor writes another file and renames it. */

import { basename } from "node:path";

/** Milliseconds of quiet after which a save is taken to be complete: editors write in several steps. */
const quietMs = 100;

/** Calls back once after each burst of changes. */
export class FolderWatch implements AsyncDisposable {
  readonly #onChange: () => void;
  #watcher: Deno.FsWatcher | null = null;
  #reading: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /**
   * Watches these folders for files of these names, instead of those before. Others may be written
   * there many times a second.
   * @throws {Error} when a folder cannot be watched; nothing is watched then
   */
  async follow(folders: ReadonlySet<string>, names: ReadonlySet<string>): Promise<void> {
    this.#watcher?.close();
    this.#watcher = null;
    await this.#reading;
    if (this.#closed) return;
    this.#watcher = Deno.watchFs([...folders], { recursive: false });
    this.#reading = this.#read(this.#watcher, names);
  }

  /** Calls back as after a change. */
  touch(): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(this.#onChange, quietMs);
  }

  /** Does not wait for a callback that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
    await this.#reading;
  }

  async #read(watcher: Deno.FsWatcher, names: ReadonlySet<string>): Promise<void> {
    for await (const { kind, paths } of watcher) {
      if (kind !== "access" && paths.some((path) => names.has(basename(path)))) this.touch();
    }
  }
}
