/** Maps a plugin's stack traces to its source. */

import { SourceMap, type SourceMapPayload } from "node:module";
import { fileURLToPath } from "node:url";

/** A module as it runs. */
export interface TracedModule {
  /** Where its author's source is. */
  readonly url: string;
  /** From what runs to what was written; null where lines are the same. */
  readonly map: SourceMapPayload | null;
}

const frame = /^\s*at (?:(.*?) \()?((?:file|https?):[^()\s]+):(\d+):(\d+)\)?$/;

/** Knows the modules of one plugin by the URLs from which they run. */
export class PluginTrace {
  readonly #modules: ReadonlyMap<string, TracedModule>;
  readonly #maps = new Map<string, SourceMap>();

  constructor(modules: ReadonlyMap<string, TracedModule>) {
    this.#modules = modules;
  }

  /** The plugin's own places in a stack, innermost first, such as `count (/home/me/door.ts:12:7)`. */
  read(stack: string): string[] {
    return stack.split("\n").flatMap((line) => {
      const [, name, url = "", row, column] = frame.exec(line) ?? [];
      const module = this.#modules.get(url);
      if (module === undefined) return [];
      const place = this.#place(url, module, Number(row), Number(column));
      // What a timer calls has its own name, or none.
      const called = name?.replace(/\bObject\./, "").replace(/^Timeout\._onTimeout$/, "");
      return [called ? `${called} (${place})` : place];
    });
  }

  #place(loaded: string, { url, map }: TracedModule, row: number, column: number): string {
    const source = url.startsWith("file:") ? fileURLToPath(url) : url;
    if (map === null) return `${source}:${row}:${column}`;
    const reader = this.#maps.get(loaded) ?? new SourceMap(map);
    this.#maps.set(loaded, reader);
    // It counts from 0, and people from 1.
    const found = reader.findEntry(row - 1, column - 1);
    if (!("originalLine" in found)) return source;
    return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  }
}
