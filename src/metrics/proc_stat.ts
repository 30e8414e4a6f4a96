/** `/proc/PID/stat` of several processes: CPU time and memory, as proc(5) describes them. */

/** What a process has used. */
export interface ProcStat {
  readonly pid: number;
  /** In user and kernel mode. */
  readonly cpuSeconds: number;
  /** The same, of its children that have ended and were waited for. */
  readonly reapedSeconds: number;
  readonly residentBytes: number;
}

/** Linux counts CPU time for its readers in hundredths of a second, on every machine that Deno runs on. */
const ticksPerSecond = 100;
/** Of x86-64, and of most others; the machines with larger ones show too little. */
const pageBytes = 4096;

/** Null for a line that is none. */
export function parseStat(line: string): ProcStat | null {
  // The command stands in brackets and may hold any character, brackets included.
  const end = line.lastIndexOf(")");
  const pid = parseInt(line);
  const fields = line.slice(end + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  const stat = {
    pid,
    cpuSeconds: (field(14) + field(15)) / ticksPerSecond,
    reapedSeconds: (field(16) + field(17)) / ticksPerSecond,
    residentBytes: field(24) * pageBytes,
  };
  return end < 0 || Object.values(stat).some(Number.isNaN) ? null : stat;
}

/** Reads without a process of its own for each, and leaves out those that are gone. */
const script = 'for pid; do read -r line < "/proc/$pid/stat" && echo "$line"; done 2>/dev/null';

/** Lines of `/proc/PID/stat`; null where there is no /proc. */
export async function readStats(pids: readonly number[]): Promise<string[] | null> {
  if (Deno.build.os !== "linux") return null;
  try {
    // Deno keeps /proc from all but those that may do everything; the shell that we may start reads it.
    return await readByHand(pids) ?? await readByShell(pids);
  } catch {
    return null;
  }
}

/** Null when it is not allowed. */
async function readByHand(pids: readonly number[]): Promise<string[] | null> {
  const reads = pids.map((pid) => Deno.readTextFile(`/proc/${pid}/stat`));
  const lines: string[] = [];
  for (const result of await Promise.allSettled(reads)) {
    if (result.status === "fulfilled") lines.push(result.value);
    else if (result.reason instanceof Deno.errors.NotCapable) return null;
  }
  return lines;
}

async function readByShell(pids: readonly number[]): Promise<string[]> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", ...pids.map(String)],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim().split("\n");
}
