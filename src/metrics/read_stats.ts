/** Lines of `/proc/PID/stat` for several processes. */

/** Reads without a process of its own for each, and leaves out those that are gone. */
const script = 'for pid; do read -r line < "/proc/$pid/stat" && echo "$line"; done 2>/dev/null';

/** Null where there is no /proc. */
export async function readStats(pids: readonly number[]): Promise<string[] | null> {
  if (Deno.build.os !== "linux") return null;
  try {
    // Deno gives /proc to nobody but who may do everything; the shell that we may start has it.
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
