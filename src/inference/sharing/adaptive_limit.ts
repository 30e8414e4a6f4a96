/** An adaptive concurrency limit: fewer requests at once while most of them miss their deadline. */

/** Requests that have to come too late before anything is done. */
const fewest = 4;
/** Milliseconds between two attempts to allow more. */
const pauseMs = 500;
/** For so long a limit is not tried again that failed; doubled by each attempt that fails. */
const firstHoldMs = 2000;
const longestHoldMs = 30_000;
/** Share of requests that may come too late while more are allowed. */
const tolerated = 0.1;

/**
 * A server that computes one request after the other answers each later, the more of them wait
 * there; with enough of them every answer comes when its frame is too old, and nothing is ever
 * answered though the server never rests. So when most requests are given up, half as many are
 * allowed, and twice as many again once nearly all are answered. A few that are slow, however slow,
 * change nothing.
 */
export class AdaptiveLimit {
  readonly #onChange: () => void;
  readonly #now: () => number;
  #level = Infinity;
  #limit = Infinity;
  #changedAtMs = -Infinity;
  /** What was sent before may be late for what was sent before the last change. */
  #settledAtMs = -Infinity;
  /** Limits that failed. */
  readonly #holds = new Map<number, { readonly untilMs: number; readonly holdMs: number }>();
  #answered = 0;
  #late = 0;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(onChange: () => void, now: () => number = performance.now.bind(performance)) {
    this.#onChange = onChange;
    this.#now = now;
  }

  /** How many of `limit` requests are allowed at once. */
  of(limit: number): number {
    this.#limit = limit;
    return Math.min(limit, this.#level);
  }

  /** A request that was sent at `sentAtMs` was answered in time. */
  answered(sentAtMs: number): void {
    if (sentAtMs < this.#changedAtMs) return;
    this.#answered++;
    const counted = this.#answered + this.#late;
    if (counted < Math.max(4 * fewest, 2 * Math.min(this.#limit, this.#level))) return;
    if (this.#late <= tolerated * counted) this.#grow();
    this.#answered = this.#late = 0;
  }

  /** A request that was sent at `sentAtMs` was given up, as its frame had become too old. */
  givenUp(sentAtMs: number): void {
    if (sentAtMs < this.#settledAtMs) return;
    this.#late++;
    if (this.#late < fewest || this.#late <= this.#answered) return;
    const nowMs = this.#now();
    this.#shrink();
    this.#settledAtMs = nowMs + (nowMs - sentAtMs);
  }

  /** Allows twice as many, where that is not known to be too much. */
  #grow(): void {
    const nowMs = this.#now();
    const proven = Math.min(this.#limit, this.#level);
    this.#holds.delete(proven);
    const next = Math.min(this.#limit, proven * 2);
    const untilMs = this.#holds.get(next)?.untilMs ?? this.#changedAtMs + pauseMs;
    if (next > proven && nowMs >= untilMs) this.#change(next);
  }

  #shrink(): void {
    const failed = Math.min(this.#limit, this.#level);
    const holdMs = Math.min(
      longestHoldMs,
      (this.#holds.get(failed)?.holdMs ?? firstHoldMs / 2) * 2,
    );
    this.#holds.set(failed, { untilMs: this.#now() + holdMs, holdMs });
    this.#change(Math.max(1, Math.floor(failed / 2)));
  }

  #change(level: number): void {
    this.#level = level;
    this.#changedAtMs = this.#settledAtMs = this.#now();
    this.#answered = this.#late = 0;
    this.#onChange();
  }
}
