/** Records on stdout, a line each. */

import { fstatSync } from "node:fs";
import { atomicPipeBytes } from "./append_file.ts";
import { LineSink, type LineTarget } from "./line_sink.ts";
import { sinkKind } from "./sink.ts";

/** `stdout`. */
export const stdout = sinkKind({
  kind: "stdout",
  schemes: ["stdout"],
  settings: {},
  open(_config, options) {
    const target = stdoutTarget();
    return Promise.resolve(new LineSink({ ...options, description: "stdout", target }));
  },
  needs() {},
});

function stdoutTarget(): LineTarget {
  // Two that append to one file need whole lines.
  const most = isFile(1) ? Infinity : atomicPipeBytes;
  return { write: (bytes) => Deno.stdout.write(bytes.subarray(0, most)) };
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}
