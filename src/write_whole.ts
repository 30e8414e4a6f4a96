/** Atomic replacement of small files. */

import { realpath, rename, rm, writeFile } from "node:fs/promises";

/** Never leaves half a file: not on a full disk, and not when two processes write the same one. */
export async function writeWhole(path: string, text: string): Promise<void> {
  // A symbolic link stays one.
  const target = await realpath(path).catch(() => path);
  const partial = `${target}.${crypto.randomUUID()}`;
  try {
    await writeFile(partial, text);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}
