/** Finds out of many changes in one process whether the tests notice them. */

import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { type Order, type Progress, progressMark, type TestRuns } from "./in_one_process.ts";

const runner = new URL("in_one_process.ts", import.meta.url).pathname;

/** How tests run, whether many changes share a process or one has its own. */
export const denoFlags = [
  ...["-A", "--no-check", "--no-lock", "--node-modules-dir=none"],
  // A loop without end fills memory; that is noticed before the machine suffers.
  "--v8-flags=--max-old-space-size=768",
];

/**
 * Tells of each change whether it is noticed; null = a process of its own is to find out. One that
 * hangs costs its process, and another goes on from there. What the tests do without a change is
 * added to `known`.
 */
export async function runTogether(
  folder: string,
  { works, known, patienceMs }: Order & { readonly known: Record<string, TestRuns> },
): Promise<ReadonlyMap<string, boolean | null>> {
  const verdicts = new Map<string, boolean | null>();
  for (let rest = works; rest.length > 0;) {
    const order = { works: rest, known, patienceMs };
    const { begun, isFault } = await runProcess(folder, order, (progress) => {
      if (progress.type === "ran") known[progress.path] = progress.runs;
      if (progress.type === "noticed") verdicts.set(progress.id, progress.noticed);
    });
    if (begun?.type === "tests") known[begun.path] = null;
    if (begun?.type === "change") verdicts.set(begun.id, isFault ? true : null);
    rest = rest.map((work) => ({ ...work, ids: work.ids.filter((id) => !verdicts.has(id)) }))
      .filter(({ ids }) => ids.length > 0);
  }
  return verdicts;
}

/** Tells what had begun and did not end, and whether that is why the process did. */
async function runProcess(
  folder: string,
  order: Order,
  onProgress: (progress: Progress) => void,
): Promise<{ readonly begun: Progress | null; readonly isFault: boolean }> {
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...denoFlags, runner],
    ...{ cwd: folder, stdin: "piped", stdout: "piped", stderr: "null" },
  }).spawn();
  await new Response(JSON.stringify(order)).body!.pipeTo(child.stdin);
  let begun: Progress | null = null;
  let isHanging = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const line of createInterface({ input: Readable.from(child.stdout) })) {
    if (!line.startsWith(progressMark)) continue;
    const progress: Progress = JSON.parse(line.slice(progressMark.length));
    onProgress(progress);
    clearTimeout(timer);
    begun = "limitMs" in progress ? progress : null;
    if ("limitMs" in progress) {
      timer = setTimeout(() => {
        isHanging = true;
        child.kill("SIGKILL");
      }, progress.limitMs);
    }
  }
  clearTimeout(timer);
  const { code, signal } = await child.status;
  return { begun, isFault: isHanging || signal === null && code !== 0 };
}
