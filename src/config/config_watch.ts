/** Reads the configuration file again when it changes, and on SIGHUP. */

import type { Logger } from "@logtape/logtape";
import { readFile, realpath } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { FolderWatch } from "../folder_watch.ts";
import type { ResolvedConfig } from "./resolve_config.ts";

/** What reading the file again gave. */
export interface Reloaded {
  /** Null when there is a problem. */
  readonly config: ResolvedConfig | null;
  /** One for each thing that is wrong. */
  readonly lines: readonly string[];
  /** What is right but has no effect. */
  readonly notices: readonly string[];
  /** The files that it was made of; empty when that is not known. */
  readonly files: readonly string[];
  /** What these held when they were read. */
  readonly texts: readonly (string | null)[];
}

/**
 * Gives each new configuration that is right; of one that is wrong, every problem is logged, and
 * nothing else happens.
 */
export class ConfigWatch implements AsyncIterable<ResolvedConfig>, AsyncDisposable {
  readonly #load: () => Promise<Reloaded>;
  readonly #logger: Logger;
  #files: readonly string[];
  /** The files' texts, as they were when they were read. */
  #seen = "";
  readonly #folders = new FolderWatch(() => this.#due.resolve("file"));
  #closed = false;
  /** Why the file is to be read again. */
  #due = Promise.withResolvers<"file" | "signal" | "closed">();

  private constructor(
    files: readonly string[],
    load: () => Promise<Reloaded>,
    logger: Logger,
  ) {
    this.#files = files;
    this.#load = load;
    this.#logger = logger;
  }

  /**
   * Watches from now on: the configuration file and those that it takes passwords from, as they were
   * when they were read, so that what is saved before the watch begins is not missed.
   */
  static async open(
    read: Pick<Reloaded, "files" | "texts">,
    load: () => Promise<Reloaded>,
    logger: Logger,
  ): Promise<ConfigWatch> {
    const watch = new ConfigWatch(read.files, load, logger);
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", watch.#onSignal);
    await watch.#follow(read);
    return watch;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ResolvedConfig, void, void> {
    for (;;) {
      const reason = await this.#due.promise;
      if (this.#closed) return;
      this.#due = Promise.withResolvers();
      const text = await textOf(this.#files);
      // Saved as it was, or only touched.
      if (reason === "file" && text === this.#seen) continue;
      this.#seen = text;
      const config = await this.#read();
      if (this.#closed) return;
      if (config !== null) yield config;
      if (this.#closed) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGHUP", this.#onSignal);
    this.#closed = true;
    this.#due.resolve("closed");
    await this.#folders[Symbol.asyncDispose]();
  }

  async #read(): Promise<ResolvedConfig | null> {
    const loaded = await this.#load();
    const { config, lines, notices, files } = loaded;
    for (const line of lines) this.#logger.error("{line}", { line });
    for (const notice of notices) this.#logger.warn("{notice}", { notice });
    if (config === null) this.#logger.error("The configuration stays as it was");
    if (files.length > 0 && files.join("\n") !== this.#files.join("\n")) {
      await this.#follow(loaded);
    }
    return config;
  }

  async #follow({ files, texts }: Pick<Reloaded, "files" | "texts">): Promise<void> {
    this.#files = files;
    this.#seen = asOne(texts);
    await this.#watch();
    if (await textOf(files) !== this.#seen) this.#due.resolve("file");
  }

  async #watch(): Promise<void> {
    const folders = new Set<string>();
    for (const file of this.#files) {
      folders.add(dirname(resolve(file)));
      folders.add(dirname(await realpath(file).catch(() => resolve(file))));
    }
    // Kubernetes exchanges a link of that name.
    const names = new Set(["..data", ...this.#files.map((file) => basename(file))]);
    try {
      await this.#folders.follow(folders, names);
    } catch (error) {
      // No right to read the folder, or the system watches too many already.
      this.#logger.warn(
        "Cannot watch the configuration file, SIGHUP reads it again: {message}",
        { message: (error as Error).message },
      );
    }
  }

  #onSignal = () => {
    this.#logger.info("Reading the configuration again on SIGHUP");
    this.#due.resolve("signal");
  };
}

/** The texts of all files; one that cannot be read has none. */
async function textOf(files: readonly string[]): Promise<string> {
  return asOne(
    await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => null))),
  );
}

/** Without the mark of byte order, which not every reader passes on. */
function asOne(texts: readonly (string | null)[]): string {
  return JSON.stringify(texts.map((text) => text?.replace(/^\uFEFF/, "") ?? null));
}
