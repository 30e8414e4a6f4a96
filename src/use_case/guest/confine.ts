/**
 * What permissions do not cover: the standard streams, the end of the process or Worker, and code
 * that nobody looked at before it runs.
 */

import fs from "node:fs";
import inspector from "node:inspector";
import nodeModule, { syncBuiltinESMExports } from "node:module";
import process from "node:process";
import vm from "node:vm";
import threads from "node:worker_threads";
import type { PostToHost } from "./guest.ts";

/** Functions of node:fs that take the number of an open file first. */
const byNumber = [
  "close",
  "fchmod",
  "fchown",
  "fdatasync",
  "fstat",
  "fsync",
  "ftruncate",
  "futimes",
  "read",
  "readv",
  "write",
  "writev",
];
/** Functions of node:fs that take it as the option `fd`, or in place of a path. */
const byOption = [
  "createReadStream",
  "createWriteStream",
  "ReadStream",
  "WriteStream",
  "readFile",
  "readFileSync",
  "writeFile",
  "writeFileSync",
  "appendFile",
  "appendFileSync",
];

/**
 * Takes from everything that runs later what it could reach without a permission: standard input and
 * output belong to the host (records, and the messages of a child process), and so does the end.
 */
export function confine(post: PostToHost): void {
  denyNumberedFiles();
  denyNewCode();
  function leave(): never {
    post({ type: "exit", message: "it asked to end the process" });
    throw new Error("A use case cannot end the process it runs in");
  }
  Object.assign(Deno, { exit: leave, abort: leave });
  Object.assign(process, { exit: leave, reallyExit: leave, abort: leave, kill: leave });
  Object.defineProperty(Deno, "kill", { value: leave });
  for (const name of ["stdin", "stdout", "stderr"] as const) {
    Object.defineProperty(Deno, name, { get: () => noStream(name) });
    Object.defineProperty(process, name, { get: () => noStream(name) });
  }
  if ("close" in globalThis) Object.defineProperty(globalThis, "close", { value: leave });
}

/**
 * A module may only import what was found in it beforehand, since Deno asks no permission for a
 * package of a registry; code that is made from text, or run elsewhere, could import anything.
 */
function denyNewCode(): void {
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
  for (const name of ["eval", "Worker", "SharedWorker", "ShadowRealm"]) {
    Object.defineProperty(globalThis, name, { value: noCode, writable: false });
  }
  Object.defineProperty(nodeModule.prototype, "_compile", { value: noCode, writable: false });
  const modules: [object, string[]][] = [
    [threads, ["Worker"]],
    [vm, Object.keys(vm)],
    [inspector, Object.keys(inspector)],
    [nodeModule, ["_load", "register", "registerHooks", "runMain"]],
  ];
  for (const [target, names] of modules) {
    for (const name of names) Object.defineProperty(target, name, { value: noCode });
  }
  syncBuiltinESMExports();
}

function noStream(name: string): never {
  throw new Deno.errors.NotCapable(`A use case has no ${name}: console and context.log are for it`);
}

// Deno guards every file but the standard streams, 0 to 2, which need no permission.
function denyNumberedFiles(): void {
  const functions = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  const isNumbered = (value: unknown) => typeof value === "number" && !(value > 2);
  const guard = (name: string, isDenied: (args: unknown[]) => boolean) => {
    const original = functions[name];
    if (original === undefined) return;
    const guarded = function guarded(this: unknown, ...args: unknown[]) {
      if (isDenied(args)) return noStream(`file ${name}`);
      return new.target ? Reflect.construct(original, args) : Reflect.apply(original, this, args);
    };
    Object.defineProperty(functions, name, { value: guarded, writable: false });
  };
  for (const name of byNumber.flatMap((name) => [name, `${name}Sync`])) {
    guard(name, ([fd]) => isNumbered(fd));
  }
  for (const name of byOption) {
    guard(
      name,
      ([path, options]) =>
        isNumbered(path) || Object(options).fd !== undefined && Object(options).fd !== null,
    );
  }
  syncBuiltinESMExports();
}
