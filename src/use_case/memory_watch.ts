/** How much memory a child holds, looked at a few times a second. */

/**
 * V8's own limit covers its heap but no typed arrays, and a limit of address space would not leave
 * room for V8's cages: so the resident memory is watched.
 */
const intervalMs = 250;
const pageBytes = 4096;

/** Calls `onTooMuch` once, when the process holds more than `limitMb`. */
export function watchMemory(
  pid: number,
  limitMb: number,
  onTooMuch: (usedMb: number) => void,
): Disposable {
  let read = readProc;
  const timer = setInterval(async () => {
    let usedMb: number | null = null;
    try {
      usedMb = await read(pid);
    } catch {
      // No /proc here, or not for us.
      if (read !== readPs) read = readPs;
    }
    if (usedMb === null || usedMb <= limitMb) return;
    clearInterval(timer);
    onTooMuch(Math.round(usedMb));
  }, intervalMs);
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
