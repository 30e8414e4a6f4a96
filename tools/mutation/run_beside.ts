/**
 * What Stryker runs in the copy, once without a change and then for each: the test beside the
 * changed file, and no other. The first run draws the changes that are made.
 */
import { chooseLines, randomFrom } from "./choose_lines.ts";

/** What is to be run. */
export interface Plan {
  readonly files: readonly string[];
  /** Changes that are drawn from all that there are; null = all. */
  readonly sample: number | null;
  /** Which of `parts` equal parts of those that were drawn, from 1 on. */
  readonly part: number;
  readonly parts: number;
  readonly drawSeed: number;
  /** Tests at a time. */
  readonly jobs: number;
}

/** What the first run found. */
export interface Drawn {
  /** By number of the change. */
  readonly mutants: Readonly<Record<string, { readonly test: string; readonly limitMs: number }>>;
  readonly failedTests: readonly string[];
}

export function planPath(folder: string): string {
  return `${folder}/mutation_plan.json`;
}

export function drawnPath(folder: string): string {
  return `${folder}/mutation_drawn.json`;
}

/** A change that keeps a test waiting is noticed after this, and three times what the test takes. */
const patienceMs = 10_000;
const firstLimitMs = 120_000;

if (import.meta.main) Deno.exit(await main(Deno.cwd()));

async function main(folder: string): Promise<number> {
  const id = Deno.env.get("__STRYKER_ACTIVE_MUTANT__");
  if (id === undefined) {
    const plan: Plan = JSON.parse(await Deno.readTextFile(planPath(folder)));
    await Deno.writeTextFile(drawnPath(folder), JSON.stringify(await firstRun(plan)));
    return 0;
  }
  const { mutants }: Drawn = JSON.parse(await Deno.readTextFile(drawnPath(folder)));
  const mutant = mutants[id];
  return mutant === undefined || await passes(mutant.test, mutant.limitMs) ? 0 : 1;
}

/** Runs each test that will be needed without a change. */
async function firstRun({ files, sample, part, parts, drawSeed, jobs }: Plan): Promise<Drawn> {
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  const all = files.flatMap((file, index) => idsIn(texts[index]!).map((id) => ({ id, file })));
  const drawn = sample === null ? all : chooseLines(all, sample, randomFrom(drawSeed));
  const [from, to] = [part - 1, part].map((end) => Math.round(drawn.length * end / parts));
  const mine = drawn.slice(from, to);

  const limits = new Map<string, number>();
  const failedTests: string[] = [];
  const waiting = [...new Set(mine.map(({ file }) => testOf(file)))];
  await Promise.all(Array.from({ length: jobs }, async () => {
    for (let test = waiting.shift(); test !== undefined; test = waiting.shift()) {
      const startedAtMs = performance.now();
      if (!await passes(test, firstLimitMs)) failedTests.push(test);
      else limits.set(test, patienceMs + 3 * (performance.now() - startedAtMs));
    }
  }));
  return {
    failedTests,
    mutants: Object.fromEntries(mine.flatMap(({ id, file }) => {
      const test = testOf(file);
      const limitMs = limits.get(test);
      return limitMs === undefined ? [] : [[id, { test, limitMs }]];
    })),
  };
}

/** Numbers of the changes that Stryker put into a file, rising. */
function idsIn(text: string): string[] {
  const found = text.matchAll(/\bstryMutAct_\w+\("(\d+)"\)/g);
  return [...new Set([...found].map(([, id]) => id!))].sort((a, b) => Number(a) - Number(b));
}

async function passes(test: string, limitMs: number): Promise<boolean> {
  const ended = AbortSignal.timeout(limitMs);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "-A", "--no-check", "--no-lock", "--fail-fast", "--node-modules-dir=none"],
      // A loop without end fills memory; that is noticed before the machine suffers.
      ...["--v8-flags=--max-old-space-size=512", test],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    signal: ended,
  }).output();
  return success && !ended.aborted;
}

function testOf(file: string): string {
  return file.replace(/\.ts$/, "_test.ts");
}
