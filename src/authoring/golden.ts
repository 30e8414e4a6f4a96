/** Golden files: the expected output of a plugin, one line of JSON for each frame. */

import { fileURLToPath } from "node:url";
import { systemMessage } from "../log/system_message.ts";
import { pluginUrl } from "../use_case/modules/plugin_url.ts";
import { compare, type Difference } from "./compare.ts";
import type { Entry } from "./trial.ts";
import { writeWhole } from "../write_whole.ts";

/** A difference with the frame it was found in. */
export interface FrameDifference extends Difference {
  /** Number of the frame. */
  readonly sequence: number;
}

/** The golden file beside a plugin; null for a plugin that is not on this machine. */
export function goldenPath(plugin: string): string | null {
  const url = pluginUrl(plugin);
  if (url.protocol !== "file:") return null;
  const path = /^file:/i.test(plugin) ? fileURLToPath(url) : plugin;
  return path.replace(/(\.[cm]?[jt]sx?)?$/, ".golden.jsonl");
}

/** The expected entries; null when there is no such file. */
export async function readGolden(path: string): Promise<Entry[] | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new Error(`Cannot read golden file ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      const entry = JSON.parse(line);
      if (Number.isInteger(entry?.sequence)) return [entry];
    } catch {
      // Said below, with the number of the line.
    }
    throw new SyntaxError(`Cannot read golden file ${path}: line ${index + 1} is no record`);
  });
}

/** Writes the entries, one a line, so that a change of one frame is a change of one line. */
export async function writeGolden(path: string, entries: readonly Entry[]): Promise<void> {
  try {
    await writeWhole(path, entries.map((entry) => JSON.stringify(entry) + "\n").join(""));
  } catch (cause) {
    throw new Error(`Cannot write golden file ${path}: ${systemMessage(cause)}`, { cause });
  }
}

/** Where the entries differ, frame by frame. */
export function compareEntries(
  expected: readonly Entry[],
  got: readonly Entry[],
  tolerance: number,
): FrameDifference[] {
  const bySequence = new Map(got.map((entry) => [entry.sequence, entry]));
  const known = new Set(expected.map(({ sequence }) => sequence));
  return [
    ...expected.flatMap((entry) => {
      const { sequence } = entry;
      const other = bySequence.get(sequence);
      return other === undefined
        ? { sequence, path: "", expected: "a frame", got: "nothing" }
        : compare(entry, other, tolerance).map((one) => ({ sequence, ...one }));
    }),
    ...got.filter(({ sequence }) => !known.has(sequence)).map(({ sequence }) => {
      return { sequence, path: "", expected: "nothing", got: "a frame" };
    }),
  ];
}
