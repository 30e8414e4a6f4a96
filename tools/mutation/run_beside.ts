/**
 * What Stryker runs in the copy, once without a change and then for each: the tests of the changed
 * file, and no others. The first run draws the changes that are made.
 */
import { chooseLines, randomFrom } from "./choose_lines.ts";

/** What is to be run. */
export interface Plan {
  readonly files: readonly string[];
  /** Of each file. */
  readonly tests: Readonly<Record<string, readonly string[]>>;
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
  readonly mutants: Readonly<Record<string, { readonly file: string; readonly limitMs: number }>>;
  /** Files whose tests fail without a change. */
  readonly failed: readonly string[];
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

async function main(folder: string): Promise<number> {
  const id = Deno.env.get("__STRYKER_ACTIVE_MUTANT__");
  const plan: Plan = JSON.parse(await Deno.readTextFile(planPath(folder)));
  if (id === undefined) {
    await Deno.writeTextFile(drawnPath(folder), JSON.stringify(await firstRun(folder, plan)));
    return 0;
  }
  const { mutants }: Drawn = JSON.parse(await Deno.readTextFile(drawnPath(folder)));
  const mutant = mutants[id];
  if (mutant === undefined) return 0;
  const { file, limitMs } = mutant;
  await using workplace = await takeWorkplace(folder, plan.jobs);
  const path = `${workplace.path}/${file}`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, withActive(text, id));
  const passed = await passes(workplace.path, plan.tests[file]!, limitMs);
  await Deno.writeTextFile(path, text);
  return passed ? 0 : 1;
}

/** Runs each test that will be needed without a change. */
async function firstRun(folder: string, plan: Plan): Promise<Drawn> {
  const { files, sample, part, parts, drawSeed, jobs } = plan;
  const all = (await Promise.all(files.map(async (file) => {
    const path = `${folder}/${file}`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, withNoneActive(text));
    return idsIn(text).map((id) => ({ id, file }));
  }))).flat();
  const drawn = sample === null ? all : chooseLines(all, sample, randomFrom(drawSeed));
  const [from, to] = [part - 1, part].map((end) => Math.round(drawn.length * end / parts));
  const mine = drawn.slice(from, to);
  await makeWorkplaces(folder, jobs);

  const limits = new Map<string, number>();
  const failed: string[] = [];
  const waiting = [...new Set(mine.map(({ file }) => file))];
  await Promise.all(Array.from({ length: jobs }, async () => {
    await using workplace = await takeWorkplace(folder, jobs);
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const startedAtMs = performance.now();
      const passed = await passes(workplace.path, plan.tests[file]!, firstLimitMs);
      if (passed) limits.set(file, patienceMs + 3 * (performance.now() - startedAtMs));
      else failed.push(file);
    }
  }));
  return {
    failed,
    mutants: Object.fromEntries(mine.flatMap(({ id, file }) => {
      const limitMs = limits.get(file);
      return limitMs === undefined ? [] : [[id, { file, limitMs }]];
    })),
  };
}

/** Numbers of the changes that Stryker put into a file, rising. */
function idsIn(text: string): string[] {
  const found = text.matchAll(/\bstryMutAct_\w+\("(\d+)"\)/g);
  return [...new Set([...found].map(([, id]) => id!))].sort((a, b) => Number(a) - Number(b));
}

/** By this a changed file asks which change is made, and what it is told instead. */
const asked = /g\.process && g\.process\.env && g\.process\.env\.__STRYKER_ACTIVE_MUTANT__/;
const answered = /g\.process\.env\.__STRYKER_ACTIVE_MUTANT__/;
const none = "false /* none */";

/** The file itself says so: a plugin's process, and some threads, may not read the environment. */
function withActive(text: string, id: string): string {
  return text.replace(none, "true").replace(answered, `"${id}"`);
}

function withNoneActive(text: string): string {
  return text.replace(asked, none);
}

/** A copy of the checkout in which one test runs at a time. */
interface Workplace extends AsyncDisposable {
  readonly path: string;
}

async function makeWorkplaces(folder: string, count: number): Promise<void> {
  const entries = (await Array.fromAsync(Deno.readDir(folder)))
    .filter(({ name }) => !name.startsWith(".stryker") && !name.startsWith("mutation"))
    .map(({ name }) => `${folder}/${name}`);
  await Deno.mkdir(`${folder}/taken`);
  for (let number = 1; number <= count; number++) {
    const path = `${folder}/free/${number}`;
    await Deno.mkdir(path, { recursive: true });
    const { success } = await new Deno.Command("cp", { args: ["-r", ...entries, path] }).output();
    if (!success) throw new Error(`Cannot copy ${folder}`);
  }
}

/** One that is free: Stryker runs no more tests at a time than there are. */
async function takeWorkplace(folder: string, jobs: number): Promise<Workplace> {
  for (let number = 1;; number = number % jobs + 1) {
    const [free, taken] = ["free", "taken"].map((state) => `${folder}/${state}/${number}`);
    if (await Deno.rename(free!, taken!).then(() => true, () => false)) {
      return { path: taken!, [Symbol.asyncDispose]: () => Deno.rename(taken!, free!) };
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function passes(
  folder: string,
  tests: readonly string[],
  limitMs: number,
): Promise<boolean> {
  const ended = AbortSignal.timeout(limitMs);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "-A", "--no-check", "--no-lock", "--fail-fast", "--node-modules-dir=none"],
      // A loop without end fills memory; that is noticed before the machine suffers.
      ...["--v8-flags=--max-old-space-size=512", ...tests],
    ],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    signal: ended,
  }).output();
  return success && !ended.aborted;
}

if (import.meta.main) Deno.exit(await main(Deno.cwd()));
