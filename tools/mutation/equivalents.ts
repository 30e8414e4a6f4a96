/** Equivalent mutants: changes that were reviewed and make no difference. */

import { basename } from "node:path";
import type { Mutant } from "./instrument.ts";

const path = new URL("equivalents.txt", import.meta.url);

/** Lines of `file.ts: changed line`; a reason stands above each group as a comment. */
export async function readEquivalents(): Promise<ReadonlySet<string>> {
  const text = await Deno.readTextFile(path);
  return new Set(text.split("\n").filter((line) => line !== "" && !line.startsWith("#")));
}

/** Whether the change is in the list. */
export function isEquivalent(mutant: Mutant, equivalents: ReadonlySet<string>): boolean {
  // Its name alone: files move, and what is written here is to stay true.
  return equivalents.has(`${basename(mutant.file)}: ${mutant.changed}`);
}
