/** CPU time of a thread, from Linux's /proc. */

/** Milliseconds since the thread began, but for the first. */
export interface ThreadTimes {
  /** When it was looked at, on the clock of `performance.now()`. */
  readonly atMs: number;
  readonly ranMs: number;
  /** Ready to run while others did; a wait that has not ended is not in it. */
  readonly waitedMs: number;
  /** Whether it is at work now, or would be if it had a processor and its memory. */
  readonly wantsToRun: boolean;
}

/** Null where Linux's scheduler does not tell, or not us. */
export async function readThreadTimes(
  process: number,
  thread: number,
): Promise<ThreadTimes | null> {
  try {
    const folder = `/proc/${process}/task/${thread}`;
    const [times, stat] = await Promise.all(
      ["schedstat", "stat"].map((name) => Deno.readTextFile(`${folder}/${name}`)),
    );
    const [ranNs = 0, waitedNs = 0] = times!.split(" ").map(Number);
    if (ranNs === 0) return null;
    // Its state follows its name, in which anything may stand.
    const state = stat![stat!.lastIndexOf(")") + 2];
    return {
      atMs: performance.now(),
      ranMs: ranNs / 1e6,
      waitedMs: waitedNs / 1e6,
      wantsToRun: state === "R" || state === "D",
    };
  } catch {
    return null;
  }
}

/** Threads of Workers of this process; none where we may not know. */
export function workerThreads(): Set<number> {
  const threads = new Set<number>();
  try {
    for (const { name } of Deno.readDirSync("/proc/self/task")) {
      if (isWorker(name)) threads.add(Number(name));
    }
  } catch {
    // No /proc, or not for us.
  }
  return threads;
}

/** As Deno calls them. */
function isWorker(thread: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/self/task/${thread}/comm`).startsWith("worker-");
  } catch {
    // It has ended.
    return false;
  }
}
