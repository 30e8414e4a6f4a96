/** Log lines of dropped frames, at growing intervals. */

import type { Logger } from "@logtape/logtape";
import { RateLimitedReport, type Timer } from "../log/rate_limited_report.ts";
import type { DropReason } from "./ledger.ts";

/** Counts by stream and reason, until they are said: one line for all streams of the process. */
export class DropReport implements Disposable {
  readonly #report: RateLimitedReport<void>;
  readonly #unsaid = new Map<string, Map<DropReason, number>>();

  /** `naming`: whether it is said which stream lost how many. Tests bring their own timer. */
  constructor(logger: Logger, naming: () => boolean, timer?: Timer) {
    this.#report = new RateLimitedReport(
      (count) => {
        const losses = [...this.#unsaid].map(([stream, reasons]) => {
          const words = [...reasons].map(([reason, count]) => `${count} ${reason}`).join(" and ");
          return naming() ? `${stream} ${words}` : words;
        }).join(", ");
        this.#unsaid.clear();
        logger.warn("{count} frames dropped: {losses}", { count, losses });
      },
      {
        ...timer && { timer },
        over: (count, seconds) =>
          logger.info("No frames are dropped any more; in {seconds} s {count} were", {
            count,
            seconds,
          }),
      },
    );
  }

  /** A frame of a stream was dropped. */
  add(stream: string, reason: DropReason): void {
    const reasons = this.#unsaid.get(stream) ?? new Map<DropReason, number>();
    this.#unsaid.set(stream, reasons.set(reason, (reasons.get(reason) ?? 0) + 1));
    this.#report.add();
  }

  [Symbol.dispose](): void {
    this.#report[Symbol.dispose]();
  }
}
