/** When the next picture of a motion JPEG may go: as soon as those before it have arrived. */

import { pause } from "../backoff.ts";
import { SendWindow } from "./live/send_window.ts";

/** So often it is asked what has arrived, while there is no room. */
const askEveryMs = 20;

/**
 * HTTP has no acknowledgement, but the system of the viewer has: what it did not acknowledge lies in
 * our system's buffers or on the way. It is kept as small as on the live view's own socket.
 */
export class FeedPace {
  readonly #unacknowledged: (sinceMs: number) => Promise<number | null | undefined>;
  readonly #now: () => number;
  readonly #window: SendWindow;
  #written = 0;
  /** Of each picture under way, the bytes that were written up to its end. */
  #ends: number[] = [];
  #sequence = 0;
  #sentAtMs = -Infinity;

  /**
   * `unacknowledged` tells how many bytes are of what was written up to `sinceMs`; null = that cannot
   * be known, undefined = not yet. `now`: a monotonic clock in milliseconds.
   */
  constructor(
    unacknowledged: (sinceMs: number) => Promise<number | null | undefined>,
    now: () => number = performance.now.bind(performance),
  ) {
    this.#unacknowledged = unacknowledged;
    this.#now = now;
    this.#window = new SendWindow(now);
  }

  /** A picture of so many bytes was written. */
  sent(bytes: number): void {
    this.#written += bytes;
    this.#sentAtMs = this.#now();
    this.#ends.push(this.#written);
    this.#window.sent(0, ++this.#sequence, bytes);
  }

  /** Resolves when there is room for so many bytes, or the signal aborts. */
  async room(bytes: number, signal: AbortSignal): Promise<void> {
    while (!await this.hasRoom(bytes) && await pause(askEveryMs, signal));
  }

  /** Whether so many bytes may go now. */
  async hasRoom(bytes: number): Promise<boolean> {
    if (this.#ends.length > 0) {
      const unacknowledged = await this.#unacknowledged(this.#sentAtMs);
      if (unacknowledged === undefined) return false;
      const arrived = this.#written - (unacknowledged ?? 0);
      this.#ends = this.#ends.filter((end) => end > arrived);
      this.#window.acknowledged(0, this.#sequence - this.#ends.length);
    }
    return this.#window.admits(bytes);
  }
}
