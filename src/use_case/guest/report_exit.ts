/** Reports a plugin's call of `exit()` to the host, which would otherwise wait for it. */

import process from "node:process";
import type { PostToHost } from "../wire/messages.ts";

/** Makes the usual ways to end a process or a Worker report to the host, and throw. */
export function reportExit(post: PostToHost): void {
  function leave(): never {
    post({ type: "exit", message: "asked to end the process" });
    throw new Error("A use case cannot end the process it runs in");
  }
  Object.assign(Deno, { exit: leave });
  Object.assign(process, { exit: leave });
  if ("close" in globalThis) Object.defineProperty(globalThis, "close", { value: leave });
}
