/** Decides when an error that lasts is logged again. */

/** Milliseconds from the first line to the second; each further wait is twice as long. */
const firstWaitMs = 10_000;
const longestWaitMs = 3_600_000;

/** How long it lasted, and how often it occurred. */
export interface ErrorSpan {
  readonly seconds: number;
  readonly times: number;
}

/** A line is due when it begins, at growing intervals while it lasts, and when it ends. */
export class OngoingError {
  readonly #now: () => number;
  #sinceMs: number | null = null;
  #times = 0;
  #waitMs = 0;
  #dueAtMs = 0;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Null while all is well. */
  get span(): ErrorSpan | null {
    if (this.#sinceMs === null) return null;
    return { seconds: (this.#now() - this.#sinceMs) / 1000, times: this.#times };
  }

  /** It occurred once more: whether a line is due, and which. */
  occurred(): "began" | "lasts" | null {
    const nowMs = this.#now();
    this.#times++;
    if (this.#sinceMs === null) {
      this.#sinceMs = nowMs;
      this.#waitMs = firstWaitMs;
      this.#dueAtMs = nowMs + firstWaitMs;
      return "began";
    }
    if (nowMs < this.#dueAtMs) return null;
    this.#waitMs = Math.min(longestWaitMs, 2 * this.#waitMs);
    this.#dueAtMs = nowMs + this.#waitMs;
    return "lasts";
  }

  /** It is over; null when there was none. */
  end(): ErrorSpan | null {
    const { span } = this;
    this.#sinceMs = null;
    this.#times = 0;
    return span;
  }
}
