/** Runs the tests with each change: many in one process, and by itself what needs it. */

import { copyCheckout } from "./copy_checkout.ts";
import type { TestRuns, Work } from "./in_one_process.ts";
import { type Instrumented, type Mutant, switchedOn } from "./instrument.ts";
import { denoFlags, runTogether } from "./run_together.ts";

/** What to run. */
export interface MutantRun extends Instrumented {
  /** Of each file. */
  readonly tests: ReadonlyMap<string, readonly string[]>;
  /** Processes at a time. */
  readonly jobs: number;
  /** Called for each file whose tests fail without a change: its changes are left out. */
  readonly onFailed: (file: string) => void;
}

/** Files that share a process: with more of them memory grows, with fewer each waits to begin. */
const filesTogether = 12;
/** What keeps a test waiting for so long, and five times what the test takes, is noticed. */
const patienceMs = 5_000;
/** By itself: for so long, and three times what the file's tests and their process take. */
const patienceAloneMs = 10_000;
const firstLimitMs = 120_000;

/** Tells of each change whether a test failed, or did not come to an end. */
export async function runMutants(
  { texts, mutants, tests, jobs, onFailed }: MutantRun,
): Promise<ReadonlyMap<string, boolean>> {
  const noticed = new Map<string, boolean>();
  const groups = groupsOf(mutants, tests, jobs);
  const known: Record<string, TestRuns> = {};
  const alone: string[] = [];
  const fileOf = new Map(mutants.map(({ id, file }) => [id, file]));
  const limits = new Map<string, Promise<number | null>>();
  const folders = await Promise.all(Array.from({ length: jobs }, () => copyCheckout(texts)));
  try {
    await Promise.all(folders.map(runGroups));
    await Promise.all(folders.map(runAlone));
    return noticed;
  } finally {
    await Promise.all(folders.map((folder) => Deno.remove(folder, { recursive: true })));
  }

  async function runGroups(folder: string): Promise<void> {
    for (let works = groups.shift(); works !== undefined; works = groups.shift()) {
      for (const [id, verdict] of await runTogether(folder, { works, known, patienceMs })) {
        if (verdict === null) alone.push(id);
        else noticed.set(id, verdict);
      }
    }
  }

  async function runAlone(folder: string): Promise<void> {
    for (let id = alone.shift(); id !== undefined; id = alone.shift()) {
      const file = fileOf.get(id)!;
      if (!limits.has(file)) limits.set(file, limitOf(folder, file));
      const limitMs = await limits.get(file)!;
      if (limitMs !== null) noticed.set(id, !await passesWith(id, folder, file, limitMs));
    }
  }

  /** How long the tests of a file may take; null when they fail without a change. */
  async function limitOf(folder: string, file: string): Promise<number | null> {
    const startedAtMs = performance.now();
    if (await passes(folder, tests.get(file)!, firstLimitMs)) {
      return patienceAloneMs + 3 * (performance.now() - startedAtMs);
    }
    onFailed(file);
    return null;
  }

  async function passesWith(id: string, folder: string, file: string, limitMs: number) {
    const text = texts.get(file)!;
    await Deno.writeTextFile(`${folder}/${file}`, switchedOn(text, id));
    const passed = await passes(folder, tests.get(file)!, limitMs);
    await Deno.writeTextFile(`${folder}/${file}`, text);
    return passed;
  }
}

/** Files in groups that leave each lane something to do. */
function groupsOf(
  mutants: readonly Mutant[],
  tests: ReadonlyMap<string, readonly string[]>,
  jobs: number,
): Work[][] {
  const works = [...Map.groupBy(mutants, ({ file }) => file)].map(([file, ofFile]) => ({
    tests: tests.get(file)!,
    ids: ofFile.map(({ id }) => id),
  }));
  const count = Math.ceil(Math.min(filesTogether, works.length / jobs));
  return Array.from(
    { length: Math.ceil(works.length / count) },
    (_, index) => works.slice(index * count, (index + 1) * count),
  );
}

async function passes(
  folder: string,
  tests: readonly string[],
  limitMs: number,
): Promise<boolean> {
  const ended = AbortSignal.timeout(limitMs);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["test", ...denoFlags, "--fail-fast", ...tests],
    ...{ cwd: folder, stdin: "null", stdout: "null", stderr: "null", signal: ended },
  }).output();
  return success && !ended.aborted;
}
