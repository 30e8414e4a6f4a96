/** From a sink's settings to the sink. */

import type { SinkConfig } from "../config/resolved.ts";
import { LineSink, type LineSinkOptions } from "./line_sink.ts";
import type { Sink } from "./sink.ts";

/**
 * Opens a sink.
 * @throws {Error} when it cannot be opened, naming it.
 */
export async function openSink(
  config: SinkConfig,
  { onTrouble, onGone }: Pick<LineSinkOptions, "onTrouble" | "onGone">,
): Promise<Sink> {
  if (config.kind === "stdout") {
    const rest = { onTrouble, ...(onGone && { onGone }) };
    return new LineSink({ description: "stdout", writer: Deno.stdout, ...rest });
  }
  const description = `jsonl:${config.path}`;
  try {
    const file = await Deno.open(config.path, { append: true, create: true });
    return new LineSink({ description, writer: file, onTrouble, close: () => file.close() });
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot open sink ${description}: ${words}`, { cause });
  }
}
