/** Records on stdout, a line each. */

import { fstatSync } from "node:fs";
import { escapeControlsInJson } from "../log/escape.ts";
import { atomicPipeBytes } from "./append_file.ts";
import { LineSink, type LineTarget } from "./line_sink.ts";
import type { AnalysisRecord } from "./record.ts";
import { sinkKind } from "./sink.ts";

/** `stdout`. */
export const stdout = sinkKind({
  kind: "stdout",
  schemes: ["stdout"],
  settings: {},
  open(_config, options) {
    const target = stdoutTarget();
    const given = { ...options, description: "stdout", target };
    return Promise.resolve(
      Deno.stdout.isTerminal() ? new TerminalSink(given) : new LineSink(given),
    );
  },
  needs() {},
});

/** What a plugin says can neither steer a terminal nor read other than it is. */
class TerminalSink extends LineSink {
  override write(record: AnalysisRecord, json: string): void {
    super.write(record, escapeControlsInJson(json));
  }
}

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
