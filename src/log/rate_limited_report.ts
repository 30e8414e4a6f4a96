/** Trouble on the hot path, said at most once an interval however often it happens. */

/** What a {@link RateLimitedReport} needs of a clock; tests bring their own. */
export interface Timer {
  /** Calls back once; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
}

/**
 * Counts occurrences and reports them with the newest one: the first at once, later ones together at
 * the end of each interval. Silent again once nothing happened for a whole interval.
 */
export class RateLimitedReport<T = unknown> {
  #total = 0;
  #unreported = 0;
  #last: T | undefined;
  #cancel: (() => void) | null = null;
  #disposed = false;
  readonly #report: (count: number, last: T) => void;
  readonly #intervalMs: number;
  readonly #timer: Timer;

  /** `report` gets how many there were since the last report, and the newest of them. */
  constructor(
    report: (count: number, last: T) => void,
    intervalMs = 1000,
    timer: Timer = systemTimer,
  ) {
    if (!(intervalMs > 0)) {
      throw new RangeError(`Cannot limit reports: interval is ${intervalMs} ms, must be above 0`);
    }
    this.#report = report;
    this.#intervalMs = intervalMs;
    this.#timer = timer;
  }

  /** All occurrences so far: the figure a metric shows, so that it cannot disagree with the log. */
  get total(): number {
    return this.#total;
  }

  /** Counts one occurrence. */
  add(occurrence: T): void {
    this.#total++;
    this.#unreported++;
    this.#last = occurrence;
    if (this.#cancel === null && !this.#disposed) this.#reportAndWait();
  }

  /** Reports what waits, now. */
  flush(): void {
    if (this.#unreported === 0) return;
    const [count, last] = [this.#unreported, this.#last as T];
    this.#unreported = 0;
    this.#last = undefined;
    this.#report(count, last);
  }

  /** Reports what waits, and nothing from then on; it still counts. */
  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#cancel = null;
    this.flush();
    this.#disposed = true;
  }

  #reportAndWait(): void {
    // The timer first: should the report itself lead to another occurrence, that one waits.
    this.#cancel = this.#timer.after(this.#intervalMs, () => {
      this.#cancel = null;
      if (this.#unreported > 0) this.#reportAndWait();
    });
    this.flush();
  }
}

const systemTimer: Timer = {
  after(ms, callback) {
    const id = setTimeout(callback, ms);
    // A report that waits must not keep a finished process alive.
    Deno.unrefTimer(id);
    return () => clearTimeout(id);
  },
};
