/** Watchdog: calls back when it was not fed for too long. */

import { WakeTimer } from "../wake_timer.ts";

/** Timers are late by a few milliseconds, or tens of them on a busy machine. */
const oversleptMs = 1000;

/** It sleeps until it is fed for the first time. */
export class Watchdog implements Disposable {
  readonly #limitMs: number;
  readonly #bark: () => void;
  readonly #timer = new WakeTimer(() => this.#look());
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
    this.#timer.arm(this.#fedAtMs + this.#limitMs);
  }

  /** Nothing is awaited until it is fed again. */
  rest(): void {
    this.#resting = true;
  }

  #look(): void {
    if (this.#resting) return;
    const dueAtMs = this.#fedAtMs + this.#limitMs;
    const leftMs = dueAtMs - performance.now();
    if (leftMs > 0) this.#timer.arm(dueAtMs);
    // Far too late: it was we who slept (SIGSTOP, a suspended machine), so look again first.
    else if (leftMs < -oversleptMs) this.feed();
    else this.#bark();
  }

  [Symbol.dispose](): void {
    this.rest();
    this.#timer[Symbol.dispose]();
  }
}
