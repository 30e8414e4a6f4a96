/** Files, pipes and sockets that are open already, and that a number is enough to reach. */

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import process from "node:process";
import tty from "node:tty";

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
 * Takes away what reaches a handle by its number. In a Worker the numbers are those of the whole
 * process: its standard streams, its children's pipes, its connections to cameras and model servers.
 */
export function denyNumberedHandles(): void {
  denyNumberedFiles();
  denyNumberedSockets();
  syncBuiltinESMExports();
}

/** Says that there is none. */
export function noStream(name: string): never {
  throw new Deno.errors.NotCapable(`A use case has no ${name}: console and context.log are for it`);
}

// Deno asks for no permission here: new net.Socket({ fd }) takes over whatever has that number.
function denyNumberedSockets(): void {
  const { binding } = process as unknown as {
    binding?(name: string): Record<string, { readonly prototype: object } | undefined>;
  };
  for (const name of ["Pipe", "TCP", "UDP"]) {
    const { prototype } = binding?.call(process, `${name.toLowerCase()}_wrap`)[name] ?? {};
    if (prototype === undefined) continue;
    for (const method of ["open", "openFromRid"]) {
      if (!(method in prototype)) continue;
      Object.defineProperty(prototype, method, { value: () => noStream("open handles") });
    }
  }
  for (const name of ["ReadStream", "WriteStream"]) {
    Object.defineProperty(tty, name, {
      value: function noTerminal() {
        noStream("terminal");
      },
    });
  }
  for (const name of ["binding", "_linkedBinding"]) {
    Object.defineProperty(process, name, { value: () => noStream("bindings") });
  }
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
}
