/** How long to wait before a guest is started again. */

const firstMs = 250;
const longestMs = 30_000;
/** So many frames in a row are a success. */
const framesForSuccess = 100;

/** Doubles the wait after each start, until the guest has proved itself. */
export class Backoff {
  #nextMs = firstMs;
  #successes = 0;
  #cancel: (() => void) | null = null;

  /** Resolves to the milliseconds that were waited. */
  async wait(): Promise<number> {
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(waitMs * 2, longestMs);
    this.#successes = 0;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#cancel = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#cancel = null;
    return waitMs;
  }

  /** A frame was answered. */
  succeeded(): void {
    if (++this.#successes >= framesForSuccess) this.#nextMs = firstMs;
  }

  /** Whoever waits goes on at once. */
  cancel(): void {
    this.#cancel?.();
  }
}
