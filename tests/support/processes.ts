/** Processes as /proc shows them. */

/** Added to the names of tests that need it. */
export const procMissing: boolean = Deno.build.os !== "linux";

/** Added to the names of tests that are ignored for want of it. */
export const procReason: string = procMissing ? " (ignored: needs /proc)" : "";

/** A process that runs, or is frozen. */
export interface ProcessInfo {
  readonly pid: number;
  readonly name: string;
}

interface Stat extends ProcessInfo {
  readonly state: string;
  readonly parent: number;
  /** Ticks since boot at which it began: a process number may be given out again. */
  readonly beganAt: number;
}

/** Children of `root`, and theirs. */
export function descendants(root: number): ProcessInfo[] {
  const all = [...Deno.readDirSync("/proc")].flatMap(({ name }) => statOf(Number(name)) ?? []);
  const found: Stat[] = [];
  for (let parents = [root]; parents.length > 0;) {
    const children = all.filter(({ parent, state }) => state !== "Z" && parents.includes(parent));
    found.push(...children);
    parents = children.map(({ pid }) => pid);
  }
  return found;
}

/** Which of `processes`, as {@link descendants} gave them, are still there. */
export function survivors(processes: readonly ProcessInfo[]): ProcessInfo[] {
  return processes.filter((process) => {
    const stat = statOf(process.pid);
    return stat !== null && stat.state !== "Z" && stat.beganAt === (process as Stat).beganAt;
  });
}

function statOf(pid: number): Stat | null {
  if (!Number.isInteger(pid)) return null;
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const name = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
    const rest = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [state = "", parent] = rest;
    return { pid, name, state, parent: Number(parent), beganAt: Number(rest[19]) };
  } catch {
    return null; // It has ended.
  }
}

/** What everybody on this machine sees of the programs that run, those of this name. */
export async function programArguments(name: string): Promise<string> {
  const { stdout } = await new Deno.Command("ps", { args: ["-eo", "args"] }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  return lines.filter((line) => line.startsWith(name)).join("\n");
}
