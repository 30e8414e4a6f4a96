/** The one bounded queue: frames wait here for an executor, and nothing waits behind it. */

const none: readonly never[] = [];

/**
 * A first-in first-out queue with a fixed capacity, one that is either refused or outlived. Taking
 * has two steps, so that a taker can get ready first and then have what is there by then:
 * `arrival` promises an item, `take` hands one out.
 */
export class BoundedQueue<T> {
  readonly #items: T[] = [];
  readonly #takers: PromiseWithResolvers<boolean>[] = [];
  readonly #givers: PromiseWithResolvers<void>[] = [];
  /** Items at most, for now. */
  #limit: number;
  /** Items that `arrival` promised and `take` did not hand out yet. */
  #promised = 0;
  #closed = false;

  /** @throws {RangeError} when the capacity is not a positive whole number. */
  constructor(readonly capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(
        `Cannot make a queue: capacity ${capacity} is not a whole number from 1`,
      );
    }
    this.#limit = capacity;
  }

  /** Items that wait now. */
  get size(): number {
    return this.#items.length;
  }

  /** Items that may wait from now on: the capacity or fewer. Returns those that are evicted. */
  narrow(limit: number): readonly T[] {
    this.#limit = Math.max(1, Math.min(limit, this.capacity));
    const excess = this.#items.length - this.#limit;
    return excess > 0 ? this.#items.splice(0, excess) : none;
  }

  /** Adds an item without waiting; when full, the oldest is evicted and returned. */
  push(item: T): T | undefined {
    if (this.#closed) return item;
    this.#items.push(item);
    const evicted = this.#items.length > this.#limit ? this.#items.shift() : undefined;
    if (this.#items.length > this.#promised) {
      const taker = this.#takers.shift();
      if (taker) {
        this.#promised++;
        taker.resolve(true);
      }
    }
    return evicted;
  }

  /** Resolves when the next `push` evicts nothing, or when the queue is closed. */
  async space(): Promise<void> {
    while (!this.#closed && this.#items.length >= this.#limit) {
      const giver = Promise.withResolvers<void>();
      this.#givers.push(giver);
      await giver.promise;
    }
  }

  /**
   * True as soon as there is an item that was not promised to another, to be followed by one `take`;
   * false once the queue is closed and all were promised.
   */
  arrival(): Promise<boolean> {
    if (this.#items.length > this.#promised) {
      this.#promised++;
      return Promise.resolve(true);
    }
    if (this.#closed) return Promise.resolve(false);
    const taker = Promise.withResolvers<boolean>();
    this.#takers.push(taker);
    return taker.promise;
  }

  /** The oldest item, after an `arrival`; undefined when what was there was evicted meanwhile. */
  take(): T | undefined {
    this.#promised--;
    const item = this.#items.shift();
    this.#givers.shift()?.resolve();
    return item;
  }

  /** Takes out everything that waits. */
  clear(): T[] {
    for (const giver of this.#givers.splice(0)) giver.resolve();
    return this.#items.splice(0);
  }

  /** Accepts nothing more. What waits can still be taken. */
  close(): void {
    this.#closed = true;
    for (const taker of this.#takers.splice(0)) taker.resolve(false);
    for (const giver of this.#givers.splice(0)) giver.resolve();
  }
}
