/** `sightline.lock`: which contents of which modules the operator has accepted. */

import { readFile, rm } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { systemMessage } from "../../log/system_message.ts";
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

/**
 * Writes the pins of one plugin, beside those of the others, also under concurrent writers.
 * @throws {UseCaseError} when others stand there by now, and none `mayReplace`
 */
export async function writePins(
  entry: string,
  pins: PluginPins,
  mayReplace: boolean,
): Promise<void> {
  try {
    await using _turn = await takeTurn();
    const plugins = await readLock();
    const pinned = plugins[entry];
    if (pinned && !mayReplace && !isDeepStrictEqual(pinned, pins)) {
      throw new UseCaseError(
        `Cannot pin plugin ${entry} in ${lockFile}: it was pinned meanwhile, and not as it was ` +
          `fetched; "plugins update ${entry}" accepts what the server sends`,
      );
    }
    const sorted = Object.fromEntries(
      Object.entries({ ...plugins, [entry]: pins }).sort(([a], [b]) => a < b ? -1 : 1),
    );
    await writeWhole(lockFile, JSON.stringify({ version: 1, plugins: sorted }, null, 2) + "\n");
  } catch (cause) {
    if (cause instanceof UseCaseError) throw cause;
    throw new UseCaseError(
      `Cannot pin plugin ${entry} in ${lockFile}: ${systemMessage(cause)}`,
      { cause },
    );
  }
}

/**
 * Waits until no other call, of this process or another one, reads and writes pins. What is locked
 * is a file beside, since the one with the pins is replaced as a whole. It goes with its holder.
 */
async function takeTurn(): Promise<AsyncDisposable> {
  const path = `${lockFile}.busy`;
  for (;;) {
    const file = await Deno.open(path, { create: true, write: true });
    try {
      await file.lock(true);
      const [held, there] = [await file.stat(), await Deno.stat(path).catch(() => null)];
      // Its former holder has removed it: the next one would lock another file.
      if (there === null || there.ino !== held.ino) {
        file.close();
        continue;
      }
    } catch (error) {
      file.close();
      throw error;
    }
    return {
      async [Symbol.asyncDispose]() {
        await rm(path).catch(() => undefined);
        file.close();
      },
    };
  }
}
