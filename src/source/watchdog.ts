/** Notices when something awaited does not come. */

/** Timers are late by a few milliseconds, or tens of them on a busy machine. */
const oversleptMs = 1000;

/** Calls back when it was fed too long ago. It sleeps until it is fed for the first time. */
export class Watchdog implements Disposable {
  readonly #limitMs: number;
  readonly #bark: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fedAtMs = 0;
  #resting = false;

  constructor(limitMs: number, bark: () => void) {
    this.#limitMs = limitMs;
    this.#bark = bark;
  }

  /** All is well now. */
  feed(): void {
    this.#fedAtMs = performance.now();
    this.#resting = false;
    // One timer for many feedings: setting one for each frame costs more than looking again.
    this.#timer ??= setTimeout(() => this.#look(), this.#limitMs);
  }

  /** Nothing is awaited until it is fed again. The timer stays, which costs less than a new one. */
  rest(): void {
    this.#resting = true;
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#resting) return;
    const leftMs = this.#fedAtMs + this.#limitMs - performance.now();
    if (leftMs > 0) this.#timer = setTimeout(() => this.#look(), leftMs);
    // Far too late: it was we who slept (SIGSTOP, a suspended machine), so look again first.
    else if (leftMs < -oversleptMs) this.feed();
    else this.#bark();
  }

  [Symbol.dispose](): void {
    this.rest();
    clearTimeout(this.#timer);
  }
}
