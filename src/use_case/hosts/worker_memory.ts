/** Memory that Workers take, as far as it can be known: they share this process and its heap limits. */

/** How often this process's memory is looked at. */
const intervalMs = 1000;

/** Somebody who is told, and what they may take. */
interface Watcher {
  /** Megabytes. */
  readonly limitMb: number;
  onLine(line: string): void;
}

const watchers = new Set<Watcher>();
let timer: ReturnType<typeof setInterval> | undefined;
let atStartMb = 0;

/**
 * Says once when this process has grown by more than all its Workers together may take; which of
 * them it was, or whether it was one, is not known, so the newest is told. Dispose of it with the
 * Worker.
 */
export function watchWorkerMemory(limitMb: number, onLine: Watcher["onLine"]): Disposable {
  if (watchers.size === 0) {
    atStartMb = usedMb();
    timer = setInterval(look, intervalMs);
  }
  const watcher = { limitMb, onLine };
  watchers.add(watcher);
  return {
    [Symbol.dispose]() {
      watchers.delete(watcher);
      if (watchers.size === 0) clearInterval(timer);
    },
  };
}

function look(): void {
  const grownMb = Math.round(usedMb() - atStartMb);
  const all = [...watchers];
  const limitMb = all.reduce((sum, watcher) => sum + watcher.limitMb, 0);
  if (grownMb <= limitMb) return;
  clearInterval(timer);
  const whose = all.length === 1 ? "this use case" : `the first of ${all.length} use cases`;
  all.at(-1)?.onLine(
    `Sightline holds ${grownMb} MB more than when ${whose} started in a Worker, which has no limit ` +
      "of its own and would take all streams down; --isolation process gives it one",
  );
}

function usedMb(): number {
  return Deno.memoryUsage().rss / 2 ** 20;
}
