/** What the code under test logs. */

import { configureSync, getLogger, type Logger, type LogRecord, resetSync } from "@logtape/logtape";
import { formatText } from "../../src/log/format.ts";

/** A log that a test looks at. */
export interface LogLines extends Disposable {
  readonly logger: Logger;
  /** As users read them, without the time: `sink - ERROR - Cannot write …` */
  readonly lines: string[];
  /** `error: Cannot write …`, from INFO on. */
  readonly levelled: string[];
  /** `Cannot write …`, from INFO on. */
  readonly messages: string[];
}

/** The logs that are collected now, by their categories. */
const collecting = new Map<string, (record: LogRecord) => void>();

/** Collects what is logged until it is disposed of; several at a time need different names. */
export function collectLog(name = "sink"): LogLines {
  const lines: string[] = [];
  const levelled: string[] = [];
  const messages: string[] = [];
  collecting.set(name, (record) => {
    lines.push(formatText(record).replace(/^[\d :,-]+ - /, ""));
    if (record.level === "debug") return;
    const message = record.message.map(String).join("");
    levelled.push(`${record.level}: ${message}`);
    messages.push(message);
  });
  configureAll();
  return {
    ...{ logger: getLogger(name), lines, levelled, messages },
    [Symbol.dispose]() {
      collecting.delete(name);
      configureAll();
    },
  };
}

function configureAll(): void {
  if (collecting.size === 0) return resetSync();
  configureSync({
    reset: true,
    sinks: Object.fromEntries(collecting),
    loggers: [
      ...[...collecting.keys()].map((name) => {
        return { category: name, sinks: [name], lowestLevel: "debug" as const };
      }),
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
}
