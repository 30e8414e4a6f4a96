/** Many deadlines, watched by one timer. */

/** A deadline that is watched. */
export interface Deadline {
  /** On the clock of `performance.now()`. */
  readonly atMs: number;
  readonly onPassed: () => void;
}

/**
 * Watches deadlines, nearly all of which are met. A timer for each would be set and cleared for
 * nothing, and leave 2.6 KB behind; this one is left running, and looks what has passed.
 */
export class Deadlines implements Disposable {
  /** In no order: they are as many as things are under way. */
  readonly #watched: Deadline[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lookAtMs = Infinity;

  /** Calls `onPassed` after so many milliseconds, unless the deadline is met before. */
  watch(afterMs: number, onPassed: () => void): Deadline {
    const deadline = { atMs: performance.now() + afterMs, onPassed };
    this.#watched.push(deadline);
    this.#lookAt(deadline.atMs);
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
    clearTimeout(this.#timer);
    this.#lookAtMs = Infinity;
  }

  #lookAt(atMs: number): void {
    if (atMs >= this.#lookAtMs) return;
    clearTimeout(this.#timer);
    this.#lookAtMs = atMs;
    this.#timer = setTimeout(() => this.#look(), Math.max(0, atMs - performance.now()));
  }

  #look(): void {
    this.#lookAtMs = Infinity;
    const nowMs = performance.now();
    const passed = this.#watched.filter(({ atMs }) => atMs <= nowMs)
      .sort((a, b) => a.atMs - b.atMs);
    for (const deadline of passed) {
      // An earlier callback may have met it, or disposed of all deadlines.
      if (this.meet(deadline)) deadline.onPassed();
    }
    for (const { atMs } of this.#watched) this.#lookAt(atMs);
  }
}
