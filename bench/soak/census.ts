import { listTree } from "../process_tree.ts";

/** What a tree of processes holds that could leak. */
export interface Census {
  readonly processes: number;
  /** Open files and sockets of its root. */
  readonly files: number;
}

/** Counts. */
export async function takeCensus(pid: number): Promise<Census> {
  const processes = (await listTree(pid)).length;
  let files = 0;
  for await (const _entry of Deno.readDir(`/proc/${pid}/fd`)) files++;
  return { processes, files };
}

/** Which of these processes are still there. */
export async function survivors(pids: readonly number[]): Promise<number[]> {
  const alive = await Promise.all(pids.map(async (pid) => {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
    // A zombie has ended; whoever adopted it has not yet looked.
    return stat !== "" && !/\) Z /.test(stat);
  }));
  return pids.filter((_pid, index) => alive[index]);
}
