/** Backoff between two starts of a guest. */

import { backoffMs, pause } from "../../backoff.ts";

/** Shorter than for a camera: a guest is on this machine. */
const firstMs = 250;
/** So many frames in a row are a success. */
const framesForSuccess = 100;

/** Doubles the wait after each start, until the guest has proved itself. */
export class Backoff {
  readonly #end = new AbortController();
  #inRow = 0;
  #successes = 0;

  /** Resolves to the milliseconds that were waited. */
  async wait(): Promise<number> {
    this.#successes = 0;
    const waitMs = backoffMs(++this.#inRow, { firstMs });
    await pause(waitMs, this.#end.signal);
    return waitMs;
  }

  /** A frame was answered. */
  succeeded(): void {
    if (++this.#successes >= framesForSuccess) this.#inRow = 0;
  }

  /** Ends the current wait, and every later one at once. */
  cancel(): void {
    this.#end.abort();
  }
}
