import { listTree } from "../process_tree.ts";

/** Processes, files and memory of a process tree, which could leak. */
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
