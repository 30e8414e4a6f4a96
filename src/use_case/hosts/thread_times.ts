/** How much of the processor a thread has had. */

/** Milliseconds since the thread began, but for the first. */
export interface ThreadTimes {
  /** When it was looked at, on the clock of `performance.now()`. */
  readonly atMs: number;
  readonly ranMs: number;
  /** Ready to run while others did. */
  readonly waitedMs: number;
}

/** Null where Linux's scheduler does not tell, or not us. */
export async function readThreadTimes(
  process: number,
  thread: number,
): Promise<ThreadTimes | null> {
  try {
    const text = await Deno.readTextFile(`/proc/${process}/task/${thread}/schedstat`);
    const [ranNs = 0, waitedNs = 0] = text.split(" ").map(Number);
    if (ranNs === 0) return null;
    return { atMs: performance.now(), ranMs: ranNs / 1e6, waitedMs: waitedNs / 1e6 };
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
