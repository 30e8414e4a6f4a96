/**
 * Whether the unit tests can fail: StrykerJS makes small changes in a copy of the checkout, one at a
 * time, and runs the test beside the changed file.
 *
 *   deno task test:mutation [FILE…] [--sample N] [--seed N] [--json FILE]
 *
 * With files, every change of them is made; without, some 300 in the rooms that hold promises.
 */
import { parseArgs } from "node:util";
import { copyCheckout } from "./mutation/copy_checkout.ts";
import { chooseLines, randomFrom } from "./mutation/choose_lines.ts";
import { type Mutant, mutate } from "./mutation/stryker.ts";
import { isEquivalent, readEquivalents } from "./mutation/equivalents.ts";

/** Rooms whose code holds a promise to users. */
const rooms = ["stream", "inference", "source", "sink", "helpers", "log", "use_case", "web/auth"];
const linesOfAFile = 6;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: String(Date.now()) },
    json: { type: "string" },
  },
});
const sample = wholeNumber("sample", flags.sample ?? (positionals.length > 0 ? null : "300"));
const seed = wholeNumber("seed", flags.seed)!;

const random = randomFrom(seed);
const files = positionals.length > 0 ? positionals : shuffled(await filesOf(rooms));
const equivalents = await readEquivalents();
const folder = await copyCheckout();
const seen: Mutant[] = [];
try {
  for (const file of files) {
    if (sample !== null && seen.length >= sample) break;
    const test = file.replace(/\.ts$/, "_test.ts");
    if (!await exists(test)) {
      print(`${file}: no test stands beside it`);
      if (positionals.length > 0) Deno.exit(2);
      continue;
    }
    const lines = sample === null
      ? null
      : chooseLines(await Deno.readTextFile(file), linesOfAFile, random);
    const mutants = await mutate({ folder, file, test, lines }).catch((error: Error) => {
      print(error.message);
      return [];
    });
    seen.push(...mutants);
    print(
      `${file}: ${mutants.filter(({ noticed }) => noticed).length} of ${mutants.length} noticed`,
    );
    for (const mutant of mutants.filter(isLeft)) {
      print(`  ${mutant.file}:${mutant.line}\n    - ${mutant.original}\n    + ${mutant.changed}`);
    }
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

const noticed = seen.filter((mutant) => mutant.noticed).length;
const same = seen.filter((mutant) => !mutant.noticed && isEquivalent(mutant, equivalents)).length;
const counted = seen.length - same;
print(
  `\n${noticed} of ${counted} changes noticed (${(100 * noticed / counted).toFixed(1)} %), ` +
    `${same} more change nothing (tools/mutation/equivalents.txt); seed ${seed}`,
);
if (flags.json !== undefined) {
  await Deno.writeTextFile(flags.json, JSON.stringify({ seed, mutants: seen }, null, 2) + "\n");
}

function isLeft(mutant: Mutant): boolean {
  return !mutant.noticed && !isEquivalent(mutant, equivalents);
}

/** Those with a test beside them. */
async function filesOf(rooms: readonly string[]): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", ...rooms.map((room) => `src/${room}/*_test.ts`)],
  }).output();
  return new TextDecoder().decode(stdout).trim().split("\n")
    .map((test) => test.replace(/_test\.ts$/, ".ts"));
}

function shuffled(list: readonly string[]): string[] {
  return list.map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

function wholeNumber(name: string, text: string | null): number | null {
  if (text === null) return null;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  print(`Cannot take --${name} ${text}: it must be a whole number above 0`);
  Deno.exit(2);
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}
