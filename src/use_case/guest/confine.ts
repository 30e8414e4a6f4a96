/**
 * What permissions do not cover: handles that are open already, the end of the process or Worker,
 * storage, and code that nobody looked at before it runs.
 */

import process from "node:process";
import { denyNewCode } from "./deny_new_code.ts";
import { denyNumberedHandles, noStream } from "./deny_numbered_handles.ts";
import type { PostToHost } from "../wire/messages.ts";

/**
 * Takes from everything that runs later what it could reach without a permission: standard input and
 * output belong to the host (records, and the messages of a child process), and so does the end.
 */
export function confine(post: PostToHost): void {
  denyNumberedHandles();
  denyNewCode();
  function leave(): never {
    post({ type: "exit", message: "it asked to end the process" });
    throw new Error("A use case cannot end the process it runs in");
  }
  Object.assign(Deno, { exit: leave, abort: leave });
  Object.assign(process, { exit: leave, reallyExit: leave, abort: leave, kill: leave });
  Object.defineProperty(Deno, "kill", { value: leave });
  Object.defineProperty(process, "_kill", { value: leave });
  for (const name of ["stdin", "stdout", "stderr"] as const) {
    Object.defineProperty(Deno, name, { get: () => noStream(name) });
    Object.defineProperty(process, name, { get: () => noStream(name) });
  }
  if ("close" in globalThis) Object.defineProperty(globalThis, "close", { value: leave });
  forgetCommandLine();
  quieten();
  denyStorage();
}

/** A Worker would read Sightline's own: addresses of cameras, with their passwords. */
function forgetCommandLine(): void {
  Object.defineProperty(Deno, "args", { value: Object.freeze([]) });
  // In place, as the array is also an export of node:process.
  process.argv.length = 0;
  process.execArgv.length = 0;
}

/** What prints without a stream; `console` goes to the host. */
function quieten(): void {
  for (const name of ["alert", "confirm", "prompt"]) {
    if (name in globalThis) {
      Object.defineProperty(globalThis, name, { value: () => noStream("terminal") });
    }
  }
  Object.defineProperty(process, "_rawDebug", { value: () => noStream("stderr") });
  // As the runtime's own warnings use it too, it does not throw.
  Object.defineProperty(process, "emitWarning", { value: () => {} });
}

/** Disks and devices for which Deno asks no permission. */
function denyStorage(): void {
  function noStorage(): never {
    throw new Deno.errors.NotCapable("A use case cannot keep anything: it has no storage");
  }
  for (const name of ["caches", "localStorage", "sessionStorage"]) {
    if (name in globalThis) Object.defineProperty(globalThis, name, { get: noStorage });
  }
  Object.defineProperty(navigator, "gpu", { value: undefined });
}
