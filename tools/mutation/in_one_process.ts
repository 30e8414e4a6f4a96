/**
 * A process in which tests run again and again, each time with another change switched on. Its
 * order comes as JSON on stdin; it writes a line as each test begins and one for each change, so
 * that what it did is known when it must be stopped.
 */

/** What the process is to do. */
export interface Order {
  readonly works: readonly Work[];
  /** From processes before it, by path of the tests. */
  readonly known: Readonly<Record<string, TestRuns>>;
  /** A test with a change may take so long, and five times what it takes without. */
  readonly patienceMs: number;
}

/** Changes of one file. */
export interface Work {
  /** Paths. */
  readonly tests: readonly string[];
  readonly ids: readonly string[];
}

/** What the tests of a file do without a change, in their order; null when one of them fails. */
export type TestRuns = readonly TestRun[] | null;

interface TestRun {
  readonly tookMs: number;
  /** How often each change was reached. */
  readonly hits: Hits;
}

type Hits = Record<string, number>;

/** What the process says: what it begins, and what came of it. */
export type Progress =
  | { readonly type: "tests"; readonly path: string; readonly limitMs: number }
  | { readonly type: "ran"; readonly path: string; readonly runs: TestRuns }
  | { readonly type: "change"; readonly id: string; readonly limitMs: number }
  /** Whether a test failed; null = a process of its own is to find out. */
  | { readonly type: "noticed"; readonly id: string; readonly noticed: boolean | null };

/** Begins the lines that are not the tests' own. */
export const progressMark = "mutation progress: ";

/** What the changed files ask, and tell. */
interface Switch {
  activeMutant: string;
  /** How often the active one was reached. */
  hitCount: number;
  /** Beyond it the changed code throws, lest it runs without end. */
  hitLimit: number;
  currentTestId: string;
  /** How often each was reached without a change, by test and outside of tests. */
  readonly mutantCoverage: { readonly static: Hits; perTest: Record<string, Hits> };
}

interface Test {
  readonly fn: (context: Deno.TestContext) => void | Promise<void>;
}

type TestPart = string | Partial<Deno.TestDefinition & Deno.TestStepDefinition> | Test["fn"];

const none = "none";
/** What runs so many times as often runs without end. */
const endlessFactor = 1000;
const firstLimitMs = 120_000;

const write = Deno.stdout.writeSync.bind(Deno.stdout);
const exit = Deno.exit.bind(Deno);
const shared: Switch = {
  ...{ activeMutant: none, hitCount: 0, hitLimit: Infinity, currentTestId: "" },
  mutantCoverage: { static: {}, perTest: {} },
};
let registered: Test[] = [];
let strayErrors = 0;

async function main({ works, known, patienceMs }: Order): Promise<void> {
  standInForTestRunner();
  const loaded = new Map<string, (Test & TestRun)[] | null>();
  for (const { tests, ids } of works) {
    for (const path of tests) {
      if (!loaded.has(path)) loaded.set(path, await load(path, known[path]));
    }
    const ofFile = tests.map((path) => loaded.get(path) ?? null);
    const quickFirst = ofFile.flatMap((tests) => tests ?? []).sort((a, b) => a.tookMs - b.tookMs);
    for (const id of ids) {
      const noticed = ofFile.includes(null) ? null : await isNoticed(id, quickFirst, patienceMs);
      tell({ type: "noticed", id, noticed });
    }
  }
}

function standInForTestRunner(): void {
  Object.assign(globalThis, { __stryker__: shared });
  Object.assign(Deno, { test: register, exit: refuseToExit });
  for (const type of ["error", "unhandledrejection"]) {
    addEventListener(type, (event) => {
      event.preventDefault();
      strayErrors++;
    });
  }
}

function refuseToExit(): never {
  throw new Error("Cannot exit: a test runs");
}

function register(...parts: TestPart[]): void {
  const test = joined(parts);
  if (test.permissions !== undefined) throw new TypeError("Cannot narrow permissions");
  if (test.ignore !== true) registered.push(test);
}

/** A test is a name, options and a function, in one object or apart. */
function joined(parts: readonly TestPart[]): Test & Partial<Deno.TestDefinition> {
  return Object.assign(
    {},
    ...parts.map((part) => {
      return typeof part === "function" ? { fn: part } : typeof part === "object" ? part : {};
    }),
  );
}

/** Loads tests, and runs them unless it is known what they do. */
async function load(path: string, known?: TestRuns): Promise<(Test & TestRun)[] | null> {
  if (known === null) return null;
  tell({ type: "tests", path, limitMs: firstLimitMs });
  registered = [];
  let runs: TestRuns = known ?? null;
  try {
    await import(`file://${Deno.cwd()}/${path}`);
    runs ??= await runClean();
  } catch {
    runs = null;
  }
  tell({ type: "ran", path, runs });
  return runs === null ? null : registered.map((test, index) => ({ ...test, ...runs[index]! }));
}

async function runClean(): Promise<TestRuns> {
  const runs: TestRun[] = [];
  for (const test of registered) {
    shared.mutantCoverage.perTest = {};
    const startedAtMs = performance.now();
    if (!await passes(test, none)) return null;
    const tookMs = performance.now() - startedAtMs;
    runs.push({ tookMs, hits: shared.mutantCoverage.perTest[none] ?? {} });
  }
  return runs;
}

/** Null where this process cannot tell. */
async function isNoticed(
  id: string,
  tests: readonly (Test & TestRun)[],
  patienceMs: number,
): Promise<boolean | null> {
  const reaching = tests.filter(({ hits }) => hits[id] !== undefined);
  // What is reached only while a file is loaded, in a thread or another process, or nowhere.
  let isReached = reaching.length > 0 && shared.mutantCoverage.static[id] === undefined;
  for (const test of reaching) {
    tell({ type: "change", id, limitMs: patienceMs + 5 * test.tookMs });
    shared.hitLimit = endlessFactor * test.hits[id]!;
    const passed = await passes(test, id);
    if (shared.hitCount > shared.hitLimit) return true;
    // Something may be left of an earlier change: this one's failure comes again, and only with it.
    if (!passed) return await passes(test, none) && !await passes(test, id) ? true : null;
    // What was made once and is kept may hide a change.
    isReached &&= shared.hitCount > 0;
  }
  return isReached ? false : null;
}

async function passes(test: Test, id: string): Promise<boolean> {
  const errorsBefore = strayErrors;
  const failures = { count: 0 };
  Object.assign(shared, { activeMutant: id, currentTestId: id, hitCount: 0 });
  try {
    await test.fn(contextOf(failures));
    return failures.count === 0 && strayErrors === errorsBefore;
  } catch {
    return false;
  } finally {
    Object.assign(shared, { activeMutant: none, currentTestId: "" });
  }
}

/** A step that fails does not end its test. */
function contextOf(failures: { count: number }): Deno.TestContext {
  async function step(...parts: TestPart[]): Promise<boolean> {
    const { fn, ignore } = joined(parts);
    try {
      if (ignore !== true) await fn(contextOf(failures));
      return ignore !== true;
    } catch {
      failures.count++;
      return false;
    }
  }
  return { name: "", origin: "", step } as Partial<Deno.TestContext> as Deno.TestContext;
}

function tell(progress: Progress): void {
  write(new TextEncoder().encode(`\n${progressMark}${JSON.stringify(progress)}\n`));
}

if (import.meta.main) {
  await main(await new Response(Deno.stdin.readable).json());
  exit(0);
}
