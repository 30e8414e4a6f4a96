/**
 * Whether the unit tests can fail: StrykerJS makes small changes in a copy of the checkout, and the
 * test beside the changed file is run with each, one at a time.
 *
 *   deno task test:mutation [FILE…] [--sample N] [--part K/N] [--seed N] [--jobs N] [--json FILE]
 *
 * With files, every change of them is made; without, 300 drawn from the rooms that hold promises.
 * `--part 1/5` makes the first fifth of a sample: five runs with one seed are the whole.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { chooseLines, codeLines, type Line, randomFrom } from "./mutation/choose_lines.ts";
import { isEquivalent, readEquivalents } from "./mutation/equivalents.ts";
import { instrument } from "./mutation/instrument.ts";
import { runMutants } from "./mutation/run_mutants.ts";
import { testsOf } from "./mutation/tests_of.ts";

/** Rooms whose code holds a promise to users. */
const rooms = [
  ...["delivery", "events", "helpers", "inference", "log", "media", "objects", "settings"],
  ...["sink", "source", "stream", "use_case", "web/auth"],
];
/** Lines that are drawn for each change: some hold none, others several. */
const linesForOne = 1.5;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string" },
    part: { type: "string", default: "1/1" },
    seed: { type: "string", default: String(Date.now() % 1e6 + 1) },
    jobs: { type: "string", default: "2" },
    json: { type: "string" },
  },
});
const sample = flags.sample === undefined && positionals.length > 0
  ? null
  : wholeNumber("sample", flags.sample ?? "300");
const seed = wholeNumber("seed", flags.seed);
const jobs = wholeNumber("jobs", flags.jobs);
const [part, parts] = partOf(flags.part);

const candidates = positionals.length > 0 ? positionals : await filesOf(rooms);
const tests = await testsOf(candidates);
const files = [...tests.keys()];
const untested = candidates.filter((file) => !tests.has(file));
if (positionals.length > 0 && untested.length > 0) {
  print(`No unit test is known of ${untested.join(", ")}`);
  Deno.exit(2);
}
const equivalents = await readEquivalents();
const random = randomFrom(seed);
const lines = sample === null
  ? null
  : chooseLines(await linesOf(files), Math.ceil(sample * linesForOne), random);
const { texts, mutants: all } = await instrument(files, lines);
const drawn = sample === null
  ? all
  : chooseLines(all, sample, randomFrom(1 + Math.floor(random() * 2 ** 31)));
const [from, to] = [part - 1, part].map((end) => Math.round(drawn.length * end / parts));
const mine = drawn.slice(from, to);
const verdicts = await runMutants({
  ...{ texts, tests, jobs, mutants: mine },
  onFailed: (file) => print(`${file}: its tests fail without a change: it is left out`),
});
const mutants = mine.filter(({ id }) => verdicts.has(id))
  .map((mutant) => ({ ...mutant, noticed: verdicts.get(mutant.id)! }));

for (const file of new Set(mutants.map(({ file }) => file))) {
  const ofFile = mutants.filter((mutant) => mutant.file === file);
  print(`${file}: ${ofFile.filter(({ noticed }) => noticed).length} of ${ofFile.length} noticed`);
  for (const mutant of ofFile.filter((mutant) => !mutant.noticed)) {
    const mark = isEquivalent(mutant, equivalents) ? " (changes nothing)" : "";
    print(`  ${file}:${mutant.line}${mark}\n    - ${mutant.original}\n    + ${mutant.changed}`);
  }
}
const noticed = mutants.filter((mutant) => mutant.noticed).length;
const same =
  mutants.filter((mutant) => !mutant.noticed && isEquivalent(mutant, equivalents)).length;
const counted = mutants.length - same;
print(
  `\nseed ${seed}, part ${flags.part}: ${mutants.length} changes in ` +
    `${new Set(mutants.map(({ file }) => file)).size} files; ` +
    `${noticed} of ${counted} noticed (${(100 * noticed / counted).toFixed(1)} %), ` +
    `${same} more change nothing (tools/mutation/equivalents.txt)`,
);
if (untested.length > 0) {
  print(`${untested.length} of ${candidates.length} files have no unit test and are not drawn`);
}
if (flags.json !== undefined) {
  await Deno.writeTextFile(flags.json, JSON.stringify({ seed, mutants }, null, 2) + "\n");
}

async function filesOf(rooms: readonly string[]): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", ...rooms.map((room) => `src/${room}/*.ts`)],
  }).output();
  const paths = new TextDecoder().decode(stdout).trim().split("\n");
  return paths.filter((path) => !path.endsWith("_test.ts") && existsSync(path));
}

async function linesOf(files: readonly string[]): Promise<Line[]> {
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  return files.flatMap((file, index) => {
    return codeLines(texts[index]!).map((line) => ({ file, line }));
  });
}

function partOf(text: string): [part: number, parts: number] {
  const [part, parts] = text.split("/").map(Number);
  if (part! >= 1 && part! <= parts! && /^\d+\/\d+$/.test(text)) return [part!, parts!];
  print(`Cannot take --part ${text}: it must be such as 1/5`);
  Deno.exit(2);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  print(`Cannot take --${name} ${text}: it must be a whole number above 0`);
  Deno.exit(2);
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}
