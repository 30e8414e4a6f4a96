/** A channel between two loops: one sends and never waits, the other receives one by one. */

/** First in, first out. One receiver at a time. */
export class Channel<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #receiver: ((item: T | null) => void) | null = null;
  #closed = false;

  /** `capacity`: items that wait at most, of which the oldest is evicted for a new one. */
  constructor(capacity = Infinity) {
    this.#capacity = capacity;
  }

  /** Items that wait to be received. */
  get size(): number {
    return this.#items.length;
  }

  /** Whether a receiver waits for the next item. */
  get isAwaited(): boolean {
    return this.#receiver !== null;
  }

  /** Does nothing once the channel is closed. */
  send(item: T): void {
    if (this.#closed) return;
    if (this.#receiver === null) {
      this.#items.push(item);
      if (this.#items.length > this.#capacity) this.#items.shift();
    } else {
      this.#receiver(item);
      this.#receiver = null;
    }
  }

  /**
   * The next item; null once the channel is closed and empty. Without a promise where nothing has to
   * be waited for, since each leaves some garbage.
   */
  receive(): T | null | Promise<T | null> {
    const item = this.#items.shift();
    if (item !== undefined) return item;
    if (this.#closed) return null;
    return new Promise((resolve) => this.#receiver = resolve);
  }

  /** Drops what waits to be received. */
  clear(): void {
    this.#items.length = 0;
  }

  /** Nothing more is sent; what waits can still be received. */
  close(): void {
    this.#closed = true;
    this.#receiver?.(null);
    this.#receiver = null;
  }
}
