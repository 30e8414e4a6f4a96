/** The process's one log: LogTape in front, one line a record on stderr behind. */

import { configureSync, getLogger, type Logger, type LogLevel } from "@logtape/logtape";

import { formatJson, formatText, type Redact, rootCategory } from "./format.ts";
import { type ByteSink, LineWriter } from "./line_writer.ts";

/** What `startLog` hands out. */
export interface Log {
  /** The parent of every other logger. */
  readonly logger: Logger;
  /** The last lines as they were written, oldest first. */
  recent(): readonly string[];
  /** Resolves when every line is written; waits 0.3 s at most. */
  flush(): Promise<void>;
}

/** What is logged, and how. */
export interface LogConfig {
  readonly level: "DEBUG" | "INFO" | "WARNING" | "ERROR";
  readonly format: "text" | "json";
}

/** Stderr may be stuck; see `STOP_DEADLINE_MS` for the time there is in all. */
const flushTimeoutMs = 300;

/** Lines that are kept for a support bundle, and their characters. */
const mostKept = 500;
const longestKept = 2000;

const lowestLevels: Readonly<Record<LogConfig["level"], LogLevel>> = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warning",
  ERROR: "error",
};

// A process has one stderr, and LogTape one configuration a process: so it has one log.
let current: Log | null = null;

/** The log, once it is started; for the handler of uncaught errors. */
export function currentLog(): Log | null {
  return current;
}

/**
 * Configures LogTape for this process; called again, it replaces the former settings. `mask` has a
 * last look at each message before it is written: it takes out secrets.
 */
export function startLog(
  { level, format }: LogConfig,
  mask?: Redact,
  to: ByteSink = Deno.stderr,
): Log {
  const writer = new LineWriter(to);
  const recent: string[] = [];
  const formatRecord = format === "json" ? formatJson : formatText;
  configureSync({
    reset: true,
    sinks: {
      stderr(record) {
        const line = formatRecord(record, mask);
        writer.write(line);
        recent.push(line.length > longestKept ? `${line.slice(0, longestKept)}…\n` : line);
        if (recent.length > mostKept) recent.shift();
      },
    },
    loggers: [
      { category: rootCategory, lowestLevel: lowestLevels[level], sinks: ["stderr"] },
      // LogTape reports its own errors here; at "info" it would greet every start.
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
  current = {
    logger: getLogger(rootCategory),
    recent: () => [...recent],
    flush: () => writer.flush(flushTimeoutMs),
  };
  return current;
}
