/** The one bounded queue: frames wait here for an executor, and nothing waits behind it. */

/** A first-in first-out queue with a fixed capacity, one that is either refused or outlived. */
export class BoundedQueue<T> {
  readonly #items: T[] = [];
  readonly #takers: PromiseWithResolvers<T | undefined>[] = [];
  readonly #givers: PromiseWithResolvers<void>[] = [];
  #closed = false;

  /** @throws {RangeError} when the capacity is not a positive whole number. */
  constructor(readonly capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(
        `Cannot make a queue: capacity ${capacity} is not a whole number from 1`,
      );
    }
  }

  /** Items that wait now. */
  get size(): number {
    return this.#items.length;
  }

  /** Adds an item without waiting; when full, the oldest gives way and is returned. */
  push(item: T): T | undefined {
    if (this.#closed) return item;
    const taker = this.#takers.shift();
    if (taker) {
      taker.resolve(item);
      return undefined;
    }
    this.#items.push(item);
    return this.#items.length > this.capacity ? this.#items.shift() : undefined;
  }

  /** Resolves when the next `push` displaces nothing, or when the queue is closed. */
  async space(): Promise<void> {
    while (!this.#closed && this.#items.length >= this.capacity) {
      const giver = Promise.withResolvers<void>();
      this.#givers.push(giver);
      await giver.promise;
    }
  }

  /** The oldest item, as soon as there is one; undefined once the queue is closed and empty. */
  take(): Promise<T | undefined> {
    const item = this.#items.shift();
    if (item !== undefined) {
      this.#givers.shift()?.resolve();
      return Promise.resolve(item);
    }
    if (this.#closed) return Promise.resolve(undefined);
    const taker = Promise.withResolvers<T | undefined>();
    this.#takers.push(taker);
    return taker.promise;
  }

  /** Takes out everything that waits. */
  clear(): T[] {
    for (const giver of this.#givers.splice(0)) giver.resolve();
    return this.#items.splice(0);
  }

  /** Accepts nothing more. What waits can still be taken. */
  close(): void {
    this.#closed = true;
    for (const taker of this.#takers.splice(0)) taker.resolve(undefined);
    for (const giver of this.#givers.splice(0)) giver.resolve();
  }
}
