/** The process's one log: LogTape in front, one line a record on stderr behind. */

import { configureSync, getLogger, type Logger, type LogLevel } from "@logtape/logtape";
import type { LogConfig } from "../config/resolved.ts";
import { formatJson, formatText, ROOT } from "./format.ts";
import { type ByteSink, LineWriter } from "./line_writer.ts";

/** What `startLog` hands out. */
export interface Log {
  /** The parent of every other logger. */
  readonly logger: Logger;
  /** True when details that only a developer reads (stacks) are wanted. */
  readonly debug: boolean;
  /** Resolves when every line is written; waits half a second at most, since stderr may be stuck. */
  flush(): Promise<void>;
}

/** What may differ from one process to the next. */
export interface LogOptions extends LogConfig {
  /** @default {Deno.stderr} */
  readonly to?: ByteSink;
  /** Last look at each message before it is written: takes out secrets. */
  readonly mask?: (text: string) => string;
}

const FLUSH_TIMEOUT_MS = 500;

const LOWEST_LEVEL: Readonly<Record<LogConfig["level"], LogLevel>> = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warning",
  ERROR: "error",
};

/** Configures LogTape for this process; called again, it replaces the former settings. */
export function startLog({ level, format, to = Deno.stderr, mask = same }: LogOptions): Log {
  const writer = new LineWriter(to);
  const formatRecord = format === "json" ? formatJson : formatText;
  configureSync({
    reset: true,
    sinks: { stderr: (record) => writer.write(mask(formatRecord(record))) },
    loggers: [
      { category: ROOT, lowestLevel: LOWEST_LEVEL[level], sinks: ["stderr"] },
      // LogTape reports its own trouble here; at "info" it would greet every start.
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
  return {
    logger: getLogger(ROOT),
    debug: level === "DEBUG",
    flush: () => writer.flush(FLUSH_TIMEOUT_MS),
  };
}

function same(text: string): string {
  return text;
}
