/** Opens the sink that a configuration describes. */

import { fstatSync } from "node:fs";
import type { SinkConfig } from "../config/resolved.ts";
import { systemMessage } from "../log/system_message.ts";
import { AppendFile, atomicPipeBytes, NoReaderError } from "./append_file.ts";
import { LineSink, type LineSinkOptions, type LineTarget } from "./line_sink.ts";

/**
 * Opens a sink.
 * @throws {Error} when it cannot be opened, naming it; a named pipe without a reader is waited for
 */
export async function openSink(
  config: SinkConfig,
  options: Pick<LineSinkOptions, "logger" | "hurry" | "limit" | "onGone">,
): Promise<LineSink> {
  if (config.kind === "stdout") {
    return new LineSink({ ...options, description: "stdout", target: stdout() });
  }
  const description = `jsonl:${config.path}`;
  const { onGone: _, ...rest } = options;
  const target = new AppendFile(config.path);
  const sink = new LineSink({ ...rest, description, target });
  try {
    await target.ready(false);
  } catch (cause) {
    if (!(cause instanceof NoReaderError)) {
      throw new Error(`Cannot open sink ${description}: ${systemMessage(cause)}`, { cause });
    }
    // It says so in the log, and goes on looking.
    sink.reopen();
  }
  return sink;
}

function stdout(): LineTarget {
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
