/** What the code under test logs. */

import { configureSync, getLogger, type Logger, type LogRecord, resetSync } from "@logtape/logtape";
import { formatText } from "../../src/log/format.ts";

/** A log whose lines a test looks at; a process has one at a time. */
export interface LogLines extends Disposable {
  readonly logger: Logger;
  /** `sink - ERROR - Cannot write …` */
  readonly lines: string[];
  /** The messages alone, from INFO on. */
  readonly messages: string[];
}

/** Collects what is logged until it is disposed of. */
export function collectLog(category = "sink"): LogLines {
  const lines: string[] = [];
  const messages: string[] = [];
  const add = (record: LogRecord) => {
    lines.push(formatText(record).replace(/^[\d :,-]+ - /, ""));
    if (record.level !== "debug") messages.push(record.message.join(""));
  };
  configureSync({
    reset: true,
    sinks: { list: add },
    loggers: [
      { category, sinks: ["list"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
  return { logger: getLogger(category), lines, messages, [Symbol.dispose]: () => resetSync() };
}
