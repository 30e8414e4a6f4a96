/** Events a second, over a sliding window. */

const windowMs = 5_000;
const bucketMs = 500;

/** Counts events in half-second buckets; fixed memory, nothing to end. */
export class Rate {
  readonly #buckets = new Array<number>(windowMs / bucketMs).fill(0);
  #newest: number;
  readonly #startedAtMs: number;

  constructor(readonly now: () => number = performance.now.bind(performance)) {
    this.#startedAtMs = now();
    this.#newest = Math.floor(this.#startedAtMs / bucketMs);
  }

  /** Counts one event. */
  tick(): void {
    this.#advance();
    const index = this.#newest % this.#buckets.length;
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
  }

  /** Events a second over the last five seconds, or since the start when that is less. */
  perSecond(): number {
    this.#advance();
    const spanMs = Math.min(windowMs, Math.max(bucketMs, this.now() - this.#startedAtMs));
    const events = this.#buckets.reduce((sum, count) => sum + count, 0);
    return Math.round(events / spanMs * 10_000) / 10;
  }

  #advance(): void {
    const bucket = Math.floor(this.now() / bucketMs);
    const passed = Math.min(bucket - this.#newest, this.#buckets.length);
    for (let i = 1; i <= passed; i++) this.#buckets[(this.#newest + i) % this.#buckets.length] = 0;
    if (passed > 0) {
      // After a long pause the ring was cleared whole, so any position in it will do.
      this.#newest = bucket;
    }
  }
}
