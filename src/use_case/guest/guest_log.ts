/** Sends what a plugin logs and prints to the host's log, within a rate limit. */

import { inspect } from "node:util";
import { type LogLevel, logLevels, type PostToHost } from "../wire/messages.ts";
import { longestLook, saneWords } from "../wire/sane_text.ts";
import { splitFrames } from "./error_text.ts";

/** Writes a line to the host's log; `uncaught` as in a `LogMessage`. */
export type WriteLog = (
  level: LogLevel,
  message: string,
  stack?: string,
  uncaught?: number,
) => void;

const levels: Readonly<Record<string, LogLevel>> = {
  trace: "debug",
  debug: "debug",
  log: "info",
  info: "info",
  dir: "info",
  dirxml: "info",
  table: "info",
  group: "info",
  groupCollapsed: "info",
  warn: "warning",
  error: "error",
};

/** Lines in a second; what is more is counted. */
export const maxLinesPerSecond = 20;
/** Values of one line. */
const maxValues = 20;

/**
 * Lets so many lines of an instance through, and logs how many more there were; null = lines of the
 * plugin.
 */
export function limitedLog(post: PostToHost, instance: number | null): WriteLog {
  // As it is now: the plugin may replace the clock.
  const { now } = Date;
  let secondAtMs = 0;
  let lines = 0;
  return function log(level, message, stack = "", uncaught) {
    const nowMs = now();
    if (nowMs - secondAtMs >= 1000) {
      const left = lines - maxLinesPerSecond;
      if (left > 0) {
        const message = `${left} more lines were left out`;
        post({ type: "log", level: "warning", message, instance });
      }
      secondAtMs = nowMs;
      lines = 0;
    }
    // Uncaught errors are counted by the host, and few: they have a limit of their own.
    if (uncaught === undefined && ++lines > maxLinesPerSecond) return;
    // No compiler need have looked at it, and console calls some otherwise.
    const byConsole = Object.hasOwn(levels, level) ? levels[level]! : "info";
    const known = logLevels.includes(level) ? level : byConsole;
    const { words, stack: frames } = splitFrames(message);
    const where = { stack: stack || frames, instance };
    const count = uncaught === undefined ? {} : { uncaught };
    post({ type: "log", level: known, message: saneWords(words), ...where, ...count });
  };
}

/** Sends `console` to the host, for good: also to those who took the object before. */
export function redirectConsole(log: WriteLog): void {
  const target = console;
  const print = (level: LogLevel, values: readonly unknown[]) => {
    // Of each value only as much as could be shown.
    const words = values.slice(0, maxValues).map((value) =>
      typeof value === "string"
        ? value.slice(0, longestLook)
        : inspect(value, { depth: 3, maxArrayLength: 20 })
    );
    log(level, words.join(" "));
  };
  for (const method of Object.keys(target) as (keyof Console)[]) {
    if (typeof target[method] !== "function") continue;
    const level = levels[method];
    const replacement = level ? (...values: unknown[]) => print(level, values) : () => {};
    Object.assign(target, { [method]: replacement });
  }
  Object.assign(target, {
    assert: (condition: unknown, ...values: unknown[]) => {
      if (!condition) print("error", ["Assertion failed:", ...values]);
    },
  });
}
