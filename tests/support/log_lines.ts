/** What is logged, as lines without their times. */

import { configureSync, getLogger, type Logger, type LogRecord, resetSync } from "@logtape/logtape";
import { formatText } from "../../src/log/format.ts";

/** A log whose lines a test looks at; a process has one at a time. */
export interface LogLines extends Disposable {
  readonly logger: Logger;
  /** `sink - ERROR - Cannot write …` */
  readonly lines: string[];
}

/** Collects what is logged until it is disposed of. */
export function collectLog(): LogLines {
  const lines: string[] = [];
  const add = (record: LogRecord) => lines.push(formatText(record).replace(/^[\d :,-]+ - /, ""));
  configureSync({
    reset: true,
    sinks: { list: add },
    loggers: [
      { category: "sink", sinks: ["list"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
  return { logger: getLogger("sink"), lines, [Symbol.dispose]: () => resetSync() };
}
