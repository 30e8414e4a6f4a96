/** Frames that were dropped for want of time, as a line for people: once a second at the most. */

import type { Logger } from "@logtape/logtape";
import { RateLimitedReport } from "../log/dumper.ts";
import type { DropReason } from "./ledger.ts";

/** Counts by reason, until they are said. */
export class DropReport implements Disposable {
  readonly #report: RateLimitedReport<DropReason>;
  readonly #unsaid = new Map<DropReason, number>();

  constructor(logger: Logger) {
    this.#report = new RateLimitedReport((count) => {
      const reasons = [...this.#unsaid].map(([reason, count]) => `${count} ${reason}`).join(", ");
      this.#unsaid.clear();
      logger.warn("{count} frames dropped: {reasons}", { count, reasons });
    });
  }

  /** A frame was dropped. */
  add(reason: DropReason): void {
    this.#unsaid.set(reason, (this.#unsaid.get(reason) ?? 0) + 1);
    this.#report.add(reason);
  }

  [Symbol.dispose](): void {
    this.#report[Symbol.dispose]();
  }
}
