/** Watches the modules of a plugin on this machine. */

import { isDeepStrictEqual } from "node:util";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "@logtape/logtape";
import { FolderWatch } from "../folder_watch.ts";
import { readGraph } from "../use_case/modules/module_graph.ts";

/** Texts of modules by their path; null for one that cannot be read. */
type Snapshot = ReadonlyMap<string, string | null>;

/** Calls back once for each save that changed a text. */
export class ModuleWatch implements AsyncDisposable {
  readonly #entry: string;
  readonly #logger: Logger;
  readonly #onSaved: () => Promise<void>;
  readonly #folders = new FolderWatch(() => this.#work = this.#work.then(() => this.#look()));
  #seen: Snapshot = new Map();
  #followed: Watched | null = null;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(entry: string, logger: Logger, onSaved: () => Promise<void>) {
    this.#entry = entry;
    this.#logger = logger;
    this.#onSaved = onSaved;
  }

  /** Watches the module at a `file:` URL from now on; `onSaved` must not throw. */
  static async open(
    entry: string,
    logger: Logger,
    onSaved: () => Promise<void>,
  ): Promise<ModuleWatch> {
    const watch = new ModuleWatch(entry, logger, onSaved);
    watch.#seen = await readModules(entry, []);
    await watch.#follow(watch.#seen);
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#folders[Symbol.asyncDispose]();
    await this.#work;
  }

  /** True when others are watched from now on. */
  async #follow(modules: Snapshot): Promise<boolean> {
    const watched = await watchedFor([...modules.keys()]);
    if (isDeepStrictEqual(watched, this.#followed)) return false;
    this.#followed = watched;
    try {
      await this.#folders.follow(watched.folders, watched.names);
    } catch (error) {
      // A folder that is gone meanwhile, no right to read it, or the system watches too many.
      this.#logger.warn("Cannot watch the plugin's modules for changes: {message}", {
        message: (error as Error).message,
      });
    }
    return true;
  }

  async #look(): Promise<void> {
    const before = this.#seen;
    const now = await readModules(this.#entry, [...before.keys()]);
    if (this.#closed) return;
    // An editor may have moved the old one away, and not yet put the new one in its place.
    const isGone = now.get(fileURLToPath(this.#entry)) === null;
    const isChanged = !isGone && !isSame(before, now);
    if (isChanged) this.#seen = now;
    // What was saved before its folder was watched.
    if (await this.#follow(now)) this.#folders.touch();
    if (isChanged) await this.#onSaved();
  }
}

/** Folders, and the names in them that count. */
interface Watched {
  readonly folders: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
}

/**
 * Where a folder is missing, the nearest above it counts, in which it may be made; and of a folder
 * that is removed no more may be told than that.
 */
async function watchedFor(paths: readonly string[]): Promise<Watched> {
  const folders = new Set<string>();
  const names = new Set<string>();
  for (const path of paths) {
    names.add(basename(path));
    for (let folder = dirname(path);; folder = dirname(folder)) {
      names.add(basename(folder));
      if (!await isFolder(folder) && folder !== dirname(folder)) continue;
      folders.add(folder);
      break;
    }
  }
  return { folders, names };
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
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
