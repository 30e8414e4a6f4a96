/** Watches the memory of a child process a few times a second. */

/**
 * Where the kernel cannot be told a bound: V8's own limit covers its heap but no typed arrays, and
 * drivers of hardware reserve as they like. So the resident memory is watched.
 */
const intervalMs = 250;
/** A whole process for each look is too much for that. */
const psIntervalMs = 1000;
const pageBytes = 4096;

/** What a {@link watchMemory} tells; each at most once. */
export interface MemoryEvents {
  onTooMuch(usedMb: number): void;
  /** Neither /proc nor ps can be asked. */
  onBlind(): void;
}

/** Looks at the memory of a process until it is disposed of. */
export function watchMemory(pid: number, limitMb: number, events: MemoryEvents): Disposable {
  let read: (pid: number) => Promise<number | null> = readProc;
  let timer = setInterval(look, intervalMs);

  async function look(): Promise<void> {
    let usedMb: number | null;
    try {
      usedMb = await read(pid);
    } catch (error) {
      // The process has ended.
      if (error instanceof Deno.errors.NotFound && Deno.build.os === "linux") return;
      if (read === readProc) {
        read = readPs;
        clearInterval(timer);
        timer = setInterval(look, psIntervalMs);
        return;
      }
      clearInterval(timer);
      events.onBlind();
      return;
    }
    if (usedMb === null || usedMb <= limitMb) return;
    clearInterval(timer);
    events.onTooMuch(Math.round(usedMb));
  }

  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function readProc(pid: number): Promise<number | null> {
  const [, pages] = (await Deno.readTextFile(`/proc/${pid}/statm`)).split(" ");
  return Number(pages) * pageBytes / 2 ** 20;
}

async function readPs(pid: number): Promise<number | null> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "rss=", "-p", String(pid)],
    stderr: "null",
  }).output();
  const kilobytes = parseInt(new TextDecoder().decode(stdout));
  return Number.isNaN(kilobytes) ? null : kilobytes / 1024;
}
