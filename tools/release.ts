/**
 * `deno task release:check [--tag vX.Y.Z]` looks whether this checkout can be released;
 * `deno task release:files` writes what is generated from the lock file.
 */

import { parseArgs } from "node:util";
import { checks, dependenciesPage } from "./release/checks.ts";

const encoder = new TextEncoder();

function print(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

async function check(tag: string | null): Promise<number> {
  let failed = 0;
  for (const { name, run } of checks) {
    print(`${name}:`);
    const problems = await run({ tag, print: (line) => print(`  ${line}`) });
    for (const problem of problems) print(`  WRONG: ${problem}`);
    if (problems.length === 0) print("  ok");
    else failed++;
  }
  print(failed === 0 ? "ready for a release" : `${failed} of ${checks.length} checks failed`);
  return failed === 0 ? 0 : 1;
}

async function writeFiles(): Promise<number> {
  const path = new URL("../docs/dependencies.md", import.meta.url);
  await Deno.writeTextFile(path, await dependenciesPage());
  return 0;
}

const { values, positionals } = parseArgs({
  options: { tag: { type: "string" } },
  allowPositionals: true,
});
Deno.exit(positionals[0] === "files" ? await writeFiles() : await check(values.tag ?? null));
