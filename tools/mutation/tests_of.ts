/** Which unit tests are to notice a change of a file. */

import { existsSync } from "node:fs";

const path = new URL("tested_by.txt", import.meta.url);

/** For each file that has any: the test beside it, or those that `tested_by.txt` names. */
export async function testsOf(
  files: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const named = readNamed(await Deno.readTextFile(path));
  return new Map(files.flatMap((file) => {
    const beside = file.replace(/\.ts$/, "_test.ts");
    const tests = existsSync(beside) ? [beside] : named.get(file);
    return tests === undefined ? [] : [[file, tests]];
  }));
}

/** Lines of `TEST…: FILE…`, each from the folder of the line before that ends in a slash. */
export function readNamed(text: string): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, readonly string[]>();
  let folder = "";
  for (const line of text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))) {
    const [tests, files] = line.split(": ").map((part) => part.split(" "));
    if (files === undefined) folder = line;
    else for (const file of files) named.set(folder + file, tests!.map((test) => folder + test));
  }
  return named;
}
