/** What a process and all its descendants have used, from Linux's /proc. */

/** Memory of a tree of processes. */
export interface TreeMemory {
  /** Resident bytes, where a page shared by two processes counts twice. */
  readonly rssBytes: number;
  /** Proportional bytes, where it counts once: what the tree really takes. */
  readonly pssBytes: number;
}

/** One line of {@link listTree}. */
export interface TreeProcess {
  readonly pid: number;
  readonly command: string;
  /** Seconds of CPU, its ended and awaited children included. */
  readonly cpuSeconds: number;
}

interface Stat extends TreeProcess {
  readonly parent: number;
}

// USER_HZ, which Linux fixes at 100 for what it shows in /proc on every architecture we run on.
const ticksPerSecond = 100;

/** Lists a process and its descendants that live now, the root first; empty when it has ended. */
export async function listTree(root: number): Promise<TreeProcess[]> {
  const stats: Stat[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readStat(Number(name));
    if (stat) stats.push(stat);
  }
  const tree = stats.filter((stat) => stat.pid === root);
  for (let at = 0; at < tree.length; at++) {
    tree.push(...stats.filter((stat) => stat.parent === tree[at]?.pid));
  }
  return tree;
}

/** Seconds of CPU used by the tree until now; take the difference of two calls. */
export async function treeCpuSeconds(root: number): Promise<number> {
  return (await listTree(root)).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

/** Memory that the tree holds now. */
export async function treeMemory(root: number): Promise<TreeMemory> {
  let rssBytes = 0;
  let pssBytes = 0;
  for (const { pid } of await listTree(root)) {
    const memory = await processMemory(pid);
    rssBytes += memory.rssBytes;
    pssBytes += memory.pssBytes;
  }
  return { rssBytes, pssBytes };
}

/** Memory that one process holds now; zeros when it has ended. */
export async function processMemory(pid: number): Promise<TreeMemory> {
  const text = await readOrEmpty(`/proc/${pid}/smaps_rollup`);
  return { rssBytes: kilobytes(text, "Rss") * 1024, pssBytes: kilobytes(text, "Pss") * 1024 };
}

async function readStat(pid: number): Promise<Stat | null> {
  const text = await readOrEmpty(`/proc/${pid}/stat`);
  // The command stands in parentheses and may hold spaces and parentheses itself.
  const match = /^\d+ \((.*)\) (.*)$/s.exec(text);
  if (!match) return null;
  const fields = match[2]?.split(" ") ?? [];
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return {
    pid,
    command: match[1] ?? "",
    parent: Number(fields[1]),
    cpuSeconds: ticks / ticksPerSecond,
  };
}

function kilobytes(smaps: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(smaps)?.[1] ?? 0);
}

// A process may end between being listed and being read.
async function readOrEmpty(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return "";
  }
}
