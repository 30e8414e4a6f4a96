/** One line of `/proc/PID/stat`, as proc(5) describes it. */

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
