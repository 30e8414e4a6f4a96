/** Code that nobody looked at before it runs. */

import inspector from "node:inspector";
import nodeModule, { syncBuiltinESMExports } from "node:module";
import v8 from "node:v8";
import vm from "node:vm";
import wasi from "node:wasi";
import threads from "node:worker_threads";

/**
 * A module may only import what was found in it beforehand, since Deno asks no permission for a
 * package of a registry; code that is made from text, or run elsewhere, could import anything.
 */
export function denyNewCode(): void {
  function noCode(): never {
    throw new Deno.errors.NotCapable("A use case cannot make code while it runs");
  }
  const makers = [
    function () {},
    async function () {},
    function* () {},
    async function* () {},
  ].map((example) => Object.getPrototypeOf(example));
  for (const prototype of makers) {
    Object.defineProperty(prototype, "constructor", { value: noCode, writable: false });
  }
  // A function that can be constructed, so that `instanceof Function` goes on to work.
  const noFunction = Object.assign(function Function() {
    noCode();
  }, { prototype: makers[0] });
  Object.defineProperty(globalThis, "Function", { value: noFunction });
  // The runtime's own tools, among them one that runs text, and handles of every open resource.
  Reflect.deleteProperty(Deno, Symbol.for("Deno.internal"));
  Reflect.deleteProperty(Deno, (Deno as unknown as { internal: symbol }).internal);
  for (const name of ["eval", "Worker", "SharedWorker", "ShadowRealm"]) {
    Object.defineProperty(globalThis, name, { value: noCode, writable: false });
  }
  Object.defineProperty(nodeModule.prototype, "_compile", { value: noCode, writable: false });
  const modules: [object, string[]][] = [
    [threads, ["Worker"]],
    [vm, Object.keys(vm)],
    [inspector, Object.keys(inspector)],
    [v8, ["setFlagsFromString"]],
    // It hands the standard streams to what it runs.
    [wasi.WASI.prototype, ["start", "initialize", "finalizeBindings"]],
    [nodeModule, ["_load", "register", "registerHooks", "runMain"]],
  ];
  for (const [target, names] of modules) {
    for (const name of names) Object.defineProperty(target, name, { value: noCode });
  }
  syncBuiltinESMExports();
}
