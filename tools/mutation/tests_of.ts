/** Which unit tests are to notice a change of a file. */

const path = new URL("tested_by.txt", import.meta.url);

/** For each file that has any: the tests beside it, and those that `tested_by.txt` names. */
export async function testsOf(
  files: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const named = readNamed(await Deno.readTextFile(path));
  const beside = new Map<string, readonly string[]>();
  for (const folder of new Set(files.map(folderOf))) {
    const names = (await Array.fromAsync(Deno.readDir(folder || "."))).map(({ name }) => name);
    for (const [file, tests] of testsBeside(names.sort())) {
      beside.set(folder + file, tests.map((test) => folder + test));
    }
  }
  return new Map(files.flatMap((file) => {
    const tests = [...beside.get(file) ?? [], ...named.get(file) ?? []];
    return tests.length === 0 ? [] : [[file, tests]];
  }));
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

/** Of names in a folder: `a_b_test.ts` is a test of `a_b.ts`, or else an idea of `a.ts`. */
export function testsBeside(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const tests = new Map<string, string[]>();
  for (const test of names.filter((name) => name.endsWith("_test.ts"))) {
    let stem = test.replace(/_test\.ts$/, "");
    while (stem !== "" && !names.includes(`${stem}.ts`)) {
      stem = stem.slice(0, Math.max(0, stem.lastIndexOf("_")));
    }
    if (stem !== "") tests.set(`${stem}.ts`, [...tests.get(`${stem}.ts`) ?? [], test]);
  }
  return tests;
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
