/** `jsonl+events:PATH`: events in a file, a line each, which is rotated by size and day. */

import { basename, dirname, resolve } from "node:path";
import { systemMessage } from "../../log/system_message.ts";
import { path } from "../../settings/paths.ts";
import { integer, number, toggle, type ValuesOf } from "../../settings/setting.ts";
import { AppendFile } from "../../sink/append_file.ts";
import {
  DeliveryError,
  type Destination,
  type DestinationKind,
  type Message,
} from "../destination.ts";

const settings = {
  max_file_mb: number(0.001, 1_000_000, {
    value: "MB",
    help: "begin another file when this one would be larger",
  }),
  rotate_daily: toggle({ help: "begin another file each day, by UTC" }),
  keep_files: integer(1, 100_000, {
    value: "N",
    help: "of the files that were put aside, keep the newest so many; without it all",
  }),
} as const;

type FileSettings = ValuesOf<typeof settings>;

/** Events of one write. */
const batchSize = 500;

/** The kind; `kinds.ts` lists it. */
export const eventsFile: DestinationKind<typeof settings> = {
  name: "jsonl_events",
  schemes: ["jsonl+events"],
  example: "jsonl+events:PATH",
  place: path("the path of a file", {
    value: "PATH",
    // What stands there is a path, whatever it looks like.
    rebase: (given, directory) => typeof given === "string" ? resolve(directory, given) : given,
    file: (path: string) => ({ path, use: "write" }),
    help: "the file that events are appended to",
  }),
  settings,
  needs: (path) => ({ read: [dirname(resolve(path))], write: [dirname(resolve(path))] }),
  open: (path, settings) => new EventsFile(path, settings),
};

class EventsFile implements Destination {
  readonly order = "batch";
  readonly window = batchSize;
  readonly batch = batchSize;
  readonly #path: string;
  readonly #settings: FileSettings;
  readonly #file: AppendFile;

  constructor(path: string, settings: FileSettings) {
    this.#path = path;
    this.#settings = settings;
    this.#file = new AppendFile(path);
  }

  async send(messages: readonly Message[]): Promise<void> {
    await this.#append(messages.map(({ json }) => json));
  }

  async sendRecords(lines: readonly string[]): Promise<void> {
    await this.#append(lines);
  }

  async check(): Promise<string> {
    const directory = dirname(resolve(this.#path));
    const probe = await Deno.makeTempFile({ dir: directory, prefix: ".sightline-" });
    await Deno.remove(probe);
    return `${directory} can be written`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  async #append(lines: readonly string[]): Promise<void> {
    let bytes = new TextEncoder().encode(`${lines.join("\n")}\n`);
    try {
      await this.#rotate(bytes.length);
      // After a failure all of it is written again: what was torn gets a line end first.
      await this.#file.ready(false);
      while (bytes.length > 0) bytes = bytes.subarray(await this.#file.write(bytes));
    } catch (cause) {
      throw new DeliveryError("unavailable", systemMessage(cause), { cause });
    }
  }

  async #rotate(bytes: number): Promise<void> {
    const { max_file_mb, rotate_daily, keep_files } = this.#settings;
    if (max_file_mb === undefined && !rotate_daily) return;
    const there = await Deno.stat(this.#path).catch(() => null);
    if (there === null || !there.isFile || there.size === 0) return;
    const isLarge = max_file_mb !== undefined && there.size + bytes > max_file_mb * 1e6;
    const lastDay = (there.mtime ?? new Date()).toISOString().slice(0, 10);
    const isOld = rotate_daily === true && lastDay !== new Date().toISOString().slice(0, 10);
    if (!isLarge && !isOld) return;
    await this.#file.close();
    const stamp = new Date().toISOString().replaceAll(/[-:.]/g, "");
    await Deno.rename(this.#path, `${this.#path}.${stamp}`);
    if (keep_files !== undefined) await this.#removeOldest(keep_files);
  }

  async #removeOldest(keep: number): Promise<void> {
    const directory = dirname(resolve(this.#path));
    const stamped = new RegExp(`^${RegExp.escape(basename(this.#path))}\\.\\d{8}T\\d{9}Z$`);
    const names: string[] = [];
    for await (const { name } of Deno.readDir(directory)) if (stamped.test(name)) names.push(name);
    for (const name of names.toSorted().slice(0, -keep)) await Deno.remove(`${directory}/${name}`);
  }
}
