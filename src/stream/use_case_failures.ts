/** Log lines of what a use case throws: each distinct error with its stack, then how often. */

import type { Logger } from "@logtape/logtape";
import { RateLimitedReport } from "../log/rate_limited_report.ts";
import { describeFailure, placesOf } from "./describe_failure.ts";

/** So many are told apart; what is more is counted together. */
const mostDistinct = 20;
/** Milliseconds between two lines of one error. */
const intervalMs = 10_000;

/** Counts the frames that errors cost. */
export class UseCaseFailures implements Disposable {
  readonly #logger: Logger;
  readonly #reports = new Map<string, RateLimitedReport>();
  #total = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** All of them. */
  get total(): number {
    return this.#total;
  }

  /** One frame was lost to it. */
  add(error: unknown): void {
    this.#total++;
    const key = keyOf(error);
    const known = this.#reports.get(key) ?? this.#begin(key);
    known.add(error);
  }

  [Symbol.dispose](): void {
    for (const report of this.#reports.values()) report[Symbol.dispose]();
  }

  #begin(key: string): RateLimitedReport {
    if (this.#reports.size > mostDistinct) return this.#reports.get("")!;
    const kind = this.#reports.size === mostDistinct ? "" : key;
    let told = false;
    const report = new RateLimitedReport((count, error) => {
      const words = told ? describeFailure(error) : withTrace(error);
      told = true;
      this.#logger.error("The use case failed on {count} frames{among}: {words}", {
        count,
        among: kind === "" ? " in other ways, last" : "",
        words,
      });
    }, { intervalMs });
    this.#reports.set(kind, report);
    return report;
  }
}

/** The same for errors that differ in numbers alone, such as those of a frame. */
function keyOf(error: unknown): string {
  return describeFailure(error).replaceAll(/\d+(\.\d+)?/g, "0") || "?";
}

function withTrace(error: unknown): string {
  const places = placesOf(error);
  if (places.length === 0) return describeFailure(error);
  return `${(error as Error).message}, at ${places.join(", at ")}`;
}
