/** `sightline.lock`: which contents of which modules the operator has accepted. */

import { readFile } from "node:fs/promises";
import { z } from "zod";
import { systemWords } from "../../log/system_words.ts";
import { writeWhole } from "../../write_whole.ts";
import { UseCaseError } from "../use_case_error.ts";

/** Name of the file, in the working directory. */
export const lockFile = "sightline.lock";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const schema = z.strictObject({
  version: z.literal(1),
  plugins: z.record(z.string(), z.record(z.string(), hash)),
});

/** SHA-256 of each module of a plugin, by its URL. */
export type PluginPins = Readonly<Record<string, string>>;

/** The pins of every plugin, by the URL of its entry; none when there is no file. */
export async function readLock(): Promise<Readonly<Record<string, PluginPins>>> {
  let text: string;
  try {
    text = await readFile(lockFile, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return {};
    throw new UseCaseError(`Cannot read ${lockFile}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  try {
    return schema.parse(JSON.parse(text)).plugins;
  } catch (cause) {
    throw new UseCaseError(`Cannot read ${lockFile}: it is damaged; delete it to pin anew`, {
      cause,
    });
  }
}

/** Writes the pins of one plugin, beside those of the others. */
export async function writePins(entry: string, pins: PluginPins): Promise<void> {
  const plugins = { ...await readLock(), [entry]: pins };
  const sorted = Object.fromEntries(Object.entries(plugins).sort(([a], [b]) => a < b ? -1 : 1));
  try {
    await writeWhole(lockFile, JSON.stringify({ version: 1, plugins: sorted }, null, 2) + "\n");
  } catch (cause) {
    throw new UseCaseError(
      `Cannot pin plugin ${entry} in ${lockFile}: ${systemWords(cause)}`,
      { cause },
    );
  }
}
