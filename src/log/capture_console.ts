/** Redirects `console` to the log, since stdout carries results and nothing else. */

import { format, inspect } from "node:util";
import type { Logger } from "@logtape/logtape";

type Level = "debug" | "info" | "warning" | "error";

const levels = {
  trace: "debug",
  debug: "debug",
  log: "info",
  info: "info",
  group: "info",
  warn: "warning",
  error: "error",
} as const satisfies Readonly<Record<string, Level>>;

/** Sends `console` to a logger, until it is disposed of. */
export function captureConsole(logger: Logger): Disposable {
  const log = (level: Level, values: readonly unknown[]) =>
    logger[level]("{message}", { message: format(...values) });
  const replacements: Record<string, (...values: unknown[]) => void> = {
    dir: (value) => log("info", [inspect(value)]),
    dirxml: (value) => log("info", [inspect(value)]),
    table: (value) => log("info", [inspect(value)]),
    assert: (condition, ...values) => {
      if (!condition) log("error", ["Assertion failed:", ...values]);
    },
  };
  for (const [method, level] of Object.entries(levels)) {
    replacements[method] = (...values) => log(level, values);
  }
  const before = { ...console };
  Object.assign(console, replacements);
  return { [Symbol.dispose]: () => void Object.assign(console, before) };
}
