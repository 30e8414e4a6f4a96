/** What one side gives and the other takes, one by one. */

/** Keeps what was given until it is taken. One taker at a time. */
export class Mailbox<T> {
  readonly #items: T[] = [];
  #taker: ((item: T | null) => void) | null = null;
  #ended = false;

  give(item: T): void {
    if (this.#taker === null) return void this.#items.push(item);
    this.#taker(item);
    this.#taker = null;
  }

  /** The next item; null when there will be none. */
  take(): Promise<T | null> {
    const item = this.#items.shift();
    if (item !== undefined || this.#ended) return Promise.resolve(item ?? null);
    return new Promise((resolve) => this.#taker = resolve);
  }

  /** Nothing more will be given; what was can still be taken. */
  end(): void {
    this.#ended = true;
    this.#taker?.(null);
    this.#taker = null;
  }
}
