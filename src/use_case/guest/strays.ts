/** Errors that no call of the host waits for: of timers, and of promises without a handler. */

import { RateLimitedReport } from "../../log/rate_limited_report.ts";
import { messageOf, stackOf } from "./error_text.ts";
import type { WriteLog } from "./guest_log.ts";

/** So many are told apart; what is more is counted together. */
const mostDistinct = 20;
/** Milliseconds between two lines of one error. */
const intervalMs = 10_000;

// As they are now: the plugin may replace them.
const { setTimeout, clearTimeout } = globalThis;
const { unrefTimer } = Deno;

const timer = {
  after(ms: number, callback: () => void): () => void {
    const id = setTimeout(callback, ms);
    unrefTimer(id);
    return () => clearTimeout(id);
  },
};

/** Logs each distinct error at once with its place, then how often it came. */
export class Strays {
  readonly #log: WriteLog;
  readonly #reports = new Map<string, RateLimitedReport>();

  constructor(log: WriteLog) {
    this.#log = log;
  }

  add(error: unknown): void {
    const key = messageOf(error).replaceAll(/\d+(\.\d+)?/g, "0");
    const isKnown = this.#reports.has(key) || this.#reports.size < mostDistinct;
    const kind = isKnown ? key : "";
    const report = this.#reports.get(kind) ?? this.#begin(kind);
    report.add(error);
  }

  /** Tells what waits, as a use case is about to end. */
  flush(): void {
    for (const report of this.#reports.values()) report.flush();
  }

  #begin(kind: string): RateLimitedReport {
    const report = new RateLimitedReport((count, error) => {
      const times = count === 1 ? "" : ` (${count} times${kind === "" ? " with others" : ""})`;
      this.#log("error", `Uncaught error${times}: ${messageOf(error)}`, stackOf(error), count);
    }, { intervalMs, timer });
    this.#reports.set(kind, report);
    return report;
  }
}
