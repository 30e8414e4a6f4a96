/** Watches the modules of a plugin on this machine. */

import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { readGraph } from "../use_case/modules/module_graph.ts";

/** Milliseconds of quiet after which a save is taken to be complete: editors write in several steps. */
const quietMs = 100;

/** Texts of modules by their path; null for one that cannot be read. */
type Snapshot = ReadonlyMap<string, string | null>;

/**
 * Calls back once for each save that changed a text. Folders are watched, not files, since many an
 * editor writes another file and renames it.
 */
export class ModuleWatch implements AsyncDisposable {
  readonly #entry: string;
  readonly #onSaved: () => Promise<void>;
  #seen: Snapshot = new Map();
  #watcher: Deno.FsWatcher | null = null;
  #reading: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(entry: string, onSaved: () => Promise<void>) {
    this.#entry = entry;
    this.#onSaved = onSaved;
  }

  /** Watches the module at a `file:` URL from now on; `onSaved` must not throw. */
  static async open(entry: string, onSaved: () => Promise<void>): Promise<ModuleWatch> {
    const watch = new ModuleWatch(entry, onSaved);
    watch.#seen = await readModules(entry, []);
    watch.#watch();
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
    await this.#reading;
    await this.#work;
  }

  #watch(): void {
    this.#watcher?.close();
    const folders = new Set([...this.#seen.keys()].map((path) => dirname(path)));
    this.#watcher = Deno.watchFs([...folders], { recursive: false });
    this.#reading = this.#read(this.#watcher);
  }

  async #read(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind, paths } of watcher) {
      // Records or recordings may be written beside the plugin, many times a second.
      const names = new Set([...this.#seen.keys()].map((path) => basename(path)));
      if (kind === "access" || !paths.some((path) => names.has(basename(path)))) continue;
      this.#lookSoon();
    }
  }

  #lookSoon(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#work = this.#work.then(() => this.#look()), quietMs);
  }

  async #look(): Promise<void> {
    const before = this.#seen;
    const now = await readModules(this.#entry, [...before.keys()]);
    // An editor may have moved the old one away, and not yet put the new one in its place.
    const isGone = now.get(fileURLToPath(this.#entry)) === null;
    if (this.#closed || isGone || isSame(before, now)) return;
    this.#seen = now;
    if (now.size !== before.size) {
      this.#watch();
      // What was saved before its folder was watched.
      this.#lookSoon();
    }
    await this.#onSaved();
  }
}

/** The modules of a plugin; those of `known` too, since one that is broken hides what it imports. */
async function readModules(entry: string, known: readonly string[]): Promise<Snapshot> {
  const modules = new Map<string, string | null>([[fileURLToPath(entry), null]]);
  const read = async (path: string) => {
    const text = await Deno.readTextFile(path).catch(() => null);
    modules.set(path, text);
    return text;
  };
  try {
    await readGraph(entry, async (url) => {
      const text = await read(fileURLToPath(url));
      if (text === null) throw new Deno.errors.NotFound(url);
      return text;
    });
  } catch {
    // The next start of the plugin reports what is wrong with it.
  }
  for (const path of known) if (!modules.has(path)) await read(path);
  return modules;
}

function isSame(a: Snapshot, b: Snapshot): boolean {
  return a.size === b.size && [...a].every(([path, text]) => b.get(path) === text);
}
