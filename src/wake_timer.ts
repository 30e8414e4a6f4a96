/** One timer for many times to wake at: setting and clearing one for each costs more than waking in vain. */

/**
 * Calls back at the earliest of the times it was armed for, and then forgets them all: the callback
 * arms it again for the next. Once it is disposed of it calls no more, and cannot be armed.
 */
export class WakeTimer implements Disposable {
  readonly #onWake: () => void;
  readonly #now: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wakeAtMs = Infinity;

  /** `now` is the clock of all times, in milliseconds. @default {performance.now} */
  constructor(onWake: () => void, now: () => number = performance.now.bind(performance)) {
    this.#onWake = onWake;
    this.#now = now;
  }

  /** Wakes at this time at the latest. */
  arm(atMs: number): void {
    if (atMs >= this.#wakeAtMs) return;
    clearTimeout(this.#timer);
    this.#wakeAtMs = atMs;
    this.#timer = setTimeout(this.#wake, Math.max(0, atMs - this.#now()));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#wakeAtMs = -Infinity;
  }

  readonly #wake = (): void => {
    this.#wakeAtMs = Infinity;
    this.#onWake();
  };
}
