/** Many deadlines, watched by one timer. */

import { WakeTimer } from "./wake_timer.ts";

/** A deadline that is watched. */
export interface Deadline {
  /** On the clock of `performance.now()`. */
  readonly atMs: number;
  readonly onPassed: () => void;
}

/**
 * Watches deadlines, nearly all of which are met. A timer for each would be set and cleared for
 * nothing, and leave 2.6 KB behind; one timer is left running, and checks which have passed.
 */
export class Deadlines implements Disposable {
  /** In no order: they are as many as things are under way. */
  readonly #watched: Deadline[] = [];
  readonly #timer = new WakeTimer(() => this.#check());

  /** Calls `onPassed` after so many milliseconds, unless the deadline is met before. */
  watch(afterMs: number, onPassed: () => void): Deadline {
    const deadline = { atMs: performance.now() + afterMs, onPassed };
    this.#watched.push(deadline);
    this.#timer.arm(deadline.atMs);
    return deadline;
  }

  /** Removes a deadline that was met, without calling back. False when it is not watched any more. */
  meet(deadline: Deadline): boolean {
    const index = this.#watched.lastIndexOf(deadline);
    if (index < 0) return false;
    this.#watched[index] = this.#watched.at(-1)!;
    this.#watched.pop();
    return true;
  }

  /** Stops watching, without calling back. */
  [Symbol.dispose](): void {
    this.#watched.length = 0;
    this.#timer[Symbol.dispose]();
  }

  #check(): void {
    const nowMs = performance.now();
    const passed = this.#watched.filter(({ atMs }) => atMs <= nowMs)
      .sort((a, b) => a.atMs - b.atMs);
    for (const deadline of passed) {
      // An earlier callback may have met it, or disposed of all deadlines.
      if (this.meet(deadline)) deadline.onPassed();
    }
    for (const { atMs } of this.#watched) this.#timer.arm(atMs);
  }
}
