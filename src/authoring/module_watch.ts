/** Watches the modules of a plugin on this machine. */

import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { FolderWatch } from "../folder_watch.ts";
import { readGraph } from "../use_case/modules/module_graph.ts";

/** Texts of modules by their path; null for one that cannot be read. */
type Snapshot = ReadonlyMap<string, string | null>;

/** Calls back once for each save that changed a text. */
export class ModuleWatch implements AsyncDisposable {
  readonly #entry: string;
  readonly #onSaved: () => Promise<void>;
  readonly #folders = new FolderWatch(() => this.#work = this.#work.then(() => this.#look()));
  #seen: Snapshot = new Map();
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
    await watch.#follow();
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#folders[Symbol.asyncDispose]();
    await this.#work;
  }

  async #follow(): Promise<void> {
    const paths = [...this.#seen.keys()];
    await this.#folders.follow(
      new Set(paths.map((path) => dirname(path))),
      new Set(paths.map((path) => basename(path))),
    );
  }

  async #look(): Promise<void> {
    const before = this.#seen;
    const now = await readModules(this.#entry, [...before.keys()]);
    // An editor may have moved the old one away, and not yet put the new one in its place.
    const isGone = now.get(fileURLToPath(this.#entry)) === null;
    if (this.#closed || isGone || isSame(before, now)) return;
    this.#seen = now;
    if (now.size !== before.size) {
      await this.#follow();
      // What was saved before its folder was watched.
      this.#folders.touch();
    }
    await this.#onSaved();
  }
}

/** The modules of a plugin; those of `known` too, since one that is broken hides what it imports. */
export async function readModules(entry: string, known: readonly string[]): Promise<Snapshot> {
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
