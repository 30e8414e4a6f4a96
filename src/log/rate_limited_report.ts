/** Rate-limited reports of errors on the hot path. */

/** The timer of a {@link RateLimitedReport}; tests bring their own. */
export interface Timer {
  /** Calls back once; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** Settings of a {@link RateLimitedReport}. */
export interface RateLimitedReportOptions {
  /** Between the first report and the second; twice as long each time. @default {1000} */
  readonly intervalMs?: number;
  readonly timer?: Timer;
  /** Called at the end of a series of several reports, with the number of occurrences and its length. */
  over?(count: number, seconds: number): void;
}

/** It never gets rarer than this, unless its first interval is longer. */
const longestMs = 60_000;
/** After so many intervals without an occurrence it is over. */
const quietIntervals = 10;

/**
 * Counts occurrences and reports them with the newest one: the first at once, later ones together at
 * intervals that grow while they last.
 */
export class RateLimitedReport<T = unknown> {
  #total = 0;
  #unreported = 0;
  #last: T | undefined;
  #cancel: (() => void) | null = null;
  #disposed = false;
  readonly #report: (count: number, last: T) => void;
  readonly #over: RateLimitedReportOptions["over"];
  readonly #intervalMs: number;
  readonly #timer: Timer;
  /** Occurrences, reports and intervals since it began. */
  #count = 0;
  #reports = 0;
  #intervals = 0;
  /** Intervals from one report to the next. */
  #spacing = 1;
  #sinceReport = 0;
  #occurred = false;
  #quiet = 0;

  /** `report` gets how many there were since the last report, and the newest of them. */
  constructor(
    report: (count: number, last: T) => void,
    { intervalMs = 1000, timer = systemTimer, over }: RateLimitedReportOptions = {},
  ) {
    if (!(intervalMs > 0)) {
      throw new RangeError(`Cannot limit reports: interval is ${intervalMs} ms, must be above 0`);
    }
    this.#report = report;
    this.#intervalMs = intervalMs;
    this.#timer = timer;
    this.#over = over;
  }

  /** All occurrences so far: the figure a metric shows, so that it cannot disagree with the log. */
  get total(): number {
    return this.#total;
  }

  /** Counts one occurrence. */
  add(occurrence: T): void {
    this.#total++;
    this.#count++;
    this.#unreported++;
    this.#last = occurrence;
    this.#occurred = true;
    if (this.#cancel !== null || this.#disposed) return;
    // The timer first: should the report itself lead to another occurrence, that one waits.
    this.#wait();
    this.#occurred = false;
    this.flush();
  }

  /** Reports what waits, now. */
  flush(): void {
    if (this.#unreported === 0) return;
    const [count, last] = [this.#unreported, this.#last as T];
    this.#unreported = 0;
    this.#last = undefined;
    this.#sinceReport = 0;
    this.#reports++;
    this.#report(count, last);
  }

  /** Reports what waits, and nothing from then on; it still counts. */
  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#cancel = null;
    this.flush();
    this.#disposed = true;
  }

  #wait(): void {
    this.#cancel = this.#timer.after(this.#intervalMs, () => {
      this.#cancel = null;
      this.#intervals++;
      this.#sinceReport++;
      this.#quiet = this.#occurred ? 0 : this.#quiet + 1;
      this.#occurred = false;
      if (this.#quiet >= quietIntervals) return this.#end();
      this.#wait();
      if (this.#sinceReport < this.#spacing || this.#unreported === 0) return;
      this.flush();
      const longest = Math.max(1, Math.floor(longestMs / this.#intervalMs));
      this.#spacing = Math.min(longest, 2 * this.#spacing);
    });
  }

  #end(): void {
    this.flush();
    const [count, reports] = [this.#count, this.#reports];
    const seconds = (this.#intervals - this.#quiet) * this.#intervalMs / 1000;
    this.#count =
      this.#reports =
      this.#intervals =
      this.#sinceReport =
      this.#quiet =
        0;
    this.#spacing = 1;
    if (reports > 1) this.#over?.(count, seconds);
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
