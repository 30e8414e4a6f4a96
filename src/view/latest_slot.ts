/** Where one slow reader meets a writer that never waits. */

/** Holds one value: a newer one replaces it, taken or not. For one reader. */
export class LatestSlot<T extends object> {
  #value: T | null = null;
  #wake: (() => void) | null = null;
  #closed = false;

  put(value: T): void {
    this.#value = value;
    this.#wake?.();
  }

  /** The reader gets no more values, the one that waits included. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** The newest value not yet taken, as soon as there is one; null when closed. */
  async take(): Promise<T | null> {
    while (!this.#closed) {
      const value = this.#value;
      this.#value = null;
      if (value !== null) return value;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = null;
    }
    return null;
  }
}
