/** Parses a plugin's modules without holding up the streams that run. */

import { UseCaseError } from "../use_case_error.ts";
import { type ParsedModule, parseModule } from "./parse_module.ts";

/** Characters of a module that are parsed at once: what takes longer has a thread of its own. */
const longestHere = 64 * 1024;

/** What the thread answers. */
export type ParseAnswer = { readonly parsed: ParsedModule } | { readonly problem: string };

/** Parses one module at a time; the thread for long ones ends with it. */
export class ModuleParser implements Disposable {
  #worker: Worker | null = null;

  /** @throws {UseCaseError} as {@link parseModule} does */
  async parse(url: string, source: string): Promise<ParsedModule> {
    if (source.length <= longestHere) return parseModule(url, source);
    const worker = this.#worker ??= new Worker(new URL("./parse_worker.ts", import.meta.url), {
      type: "module",
    });
    const { promise, resolve, reject } = Promise.withResolvers<ParsedModule>();
    worker.onmessage = ({ data }: MessageEvent<ParseAnswer>) =>
      "parsed" in data ? resolve(data.parsed) : reject(new UseCaseError(data.problem));
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new UseCaseError(`Cannot load plugin module ${url}: ${event.message}`));
    };
    worker.postMessage({ url, source });
    return await promise;
  }

  [Symbol.dispose](): void {
    this.#worker?.terminate();
  }
}
