import { deepEqual, equal, ok } from "node:assert/strict";
import type { TestRuns } from "./in_one_process.ts";
import { runTogether } from "./run_together.ts";

/** As an instrumented file is: with the changes 1 to 9. */
const changed = `
const state = globalThis.__stryker__ ?? {};
function on(id) {
  if (state.activeMutant !== id) {
    const counts = state.currentTestId
      ? state.mutantCoverage.perTest[state.currentTestId] ??= {}
      : state.mutantCoverage.static;
    counts[id] = (counts[id] ?? 0) + 1;
    return false;
  }
  if (++state.hitCount > state.hitLimit) throw new Error("too often");
  return true;
}
export const limit = on("1") ? 4 : 3;
let kept;
export function sum(numbers) {
  let total = on("2") ? 1 : 0;
  for (let at = 0; on("3") ? true : at < numbers.length; at++) total += numbers[at] ?? 0;
  kept ??= on("4") ? 7 : 8;
  return on("5") ? total + 0 : total;
}
export async function wait() {
  if (on("6")) await new Promise((resolve) => setTimeout(resolve, 1e9));
  if (on("7")) queueMicrotask(() => { throw new Error("stray"); });
  if (on("8")) await new Promise(() => {});
}
export function unused() {
  return on("9");
}
`;

const tests = `
import { sum, wait } from "./changed.ts";
Deno.test("sum() adds", () => {
  console.log("a line of the test's own");
  if (sum([1, 2]) !== 3) throw new Error("wrong");
});
Deno.test({ name: "wait() ends", fn: async (test) => {
  await test.step("in a step", wait);
  await new Promise((resolve) => setTimeout(resolve));
} });
Deno.test({ name: "left out", ignore: true, fn: () => { throw new Error("ignored"); } });
`;

Deno.test("changes of a file share a process, and what hangs or ends it costs no other", async () => {
  const folder = await folderOf({ "changed.ts": changed, "changed_test.ts": tests });
  const known: Record<string, TestRuns> = {};
  const ids = ["6", "8", "1", "2", "3", "4", "5", "7", "9"];
  const works = [{ tests: ["changed_test.ts"], ids }];
  const verdicts = await runTogether(folder, { works, known, patienceMs: 500 });
  deepEqual(Object.fromEntries(verdicts), {
    // Noticed: by a wait, a failure, a loop, an error beside the test, the end of all events.
    ...{ 6: true, 2: true, 3: true, 7: true, 8: true },
    5: false,
    // While the file was loaded; hidden by what is kept; nowhere.
    ...{ 1: null, 4: null, 9: null },
  });
  equal(known["changed_test.ts"]?.length, 2);
  ok(known["changed_test.ts"]!.every(({ tookMs }) => tookMs > 0));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("tests that fail without a change, or take permissions off, go to processes of their own", async () => {
  const folder = await folderOf({
    "fails_test.ts": 'Deno.test("fails", () => { throw new Error("always"); });',
    "narrow_test.ts": 'Deno.test({ name: "narrow", permissions: "none", fn() {} });',
    "good_test.ts": 'import { sum } from "./changed.ts"; Deno.test("runs", () => void sum([]));',
    "changed.ts": changed,
  });
  const works = ["fails", "narrow", "good"].map((name, index) => ({
    tests: [`${name}_test.ts`],
    ids: [["a"], ["b"], ["5"]][index]!,
  }));
  const verdicts = await runTogether(folder, { works, known: {}, patienceMs: 5000 });
  deepEqual([...verdicts], [["a", null], ["b", null], ["5", false]]);
  await Deno.remove(folder, { recursive: true });
});

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  return folder;
}
