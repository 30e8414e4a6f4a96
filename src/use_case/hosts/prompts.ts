/** Whether Deno would prompt at the terminal for what a Worker was not granted. */

import { readFileSync } from "node:fs";

/**
 * Deno asks on behalf of Workers too, and once it runs there is no way to tell it not to. A Sightline
 * that was started with less than `-A` got its flags from `permissions`, `--no-prompt` among them.
 */
export function wouldPrompt(): boolean {
  if (!Deno.stdin.isTerminal()) return false;
  const mayDoAll = (["env", "read", "run", "ffi"] as const)
    .every((name) => Deno.permissions.querySync({ name }).state === "granted");
  if (!mayDoAll || Deno.env.get("DENO_NO_PROMPT")) return false;
  try {
    return !readFileSync("/proc/self/cmdline", "utf8").split("\0").includes("--no-prompt");
  } catch {
    // No /proc here: better a process too many than a question.
    return true;
  }
}
