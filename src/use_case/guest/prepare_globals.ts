/** Prepares the globals of a guest, before its plugin is loaded. */

import process from "node:process";
import type { PostToHost } from "../wire/messages.ts";
import { boundCanvases } from "./bound_canvases.ts";
import { redirectConsole, type WriteLog } from "./guest_log.ts";
import type { Strays } from "./strays.ts";

/** Functions that load Node modules by a name computed at run time, which no analysis finds. */
const loaders = ["getBuiltinModule", "binding", "_linkedBinding", "mainModule"];

/** Done once, in a Worker as in a process. */
export function prepareGlobals(post: PostToHost, log: WriteLog, strays: Strays): void {
  reportExit(post);
  boundCanvases();
  withholdLoaders();
  redirectConsole(log);
  catchStrays(strays);
}

/**
 * Makes the usual ways to end a process or a Worker report to the host, which would otherwise wait
 * for it, and throw.
 */
function reportExit(post: PostToHost): void {
  function leave(): never {
    post({ type: "exit", message: "asked to end the process" });
    throw new Error("A use case cannot end the process it runs in");
  }
  Object.assign(Deno, { exit: leave });
  Object.assign(process, { exit: leave });
  if ("close" in globalThis) Object.defineProperty(globalThis, "close", { value: leave });
}

/**
 * Removes them from the global `process`. This is no security boundary: a Worker that the plugin
 * starts has a `process` of its own, under the same permissions.
 */
function withholdLoaders(): void {
  const { process } = globalThis as unknown as { process: object };
  for (const name of loaders) Reflect.deleteProperty(process, name);
}

/**
 * Hands over errors that a timer threw, and rejected promises without a handler, and lets the guest
 * go on; Deno would print them on standard error, unmasked, and end the Worker or process.
 */
function catchStrays(strays: Strays): void {
  const report = (event: Event, error: unknown) => {
    event.preventDefault();
    strays.add(error);
  };
  globalThis.addEventListener("error", (event) => report(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => report(event, event.reason));
}
