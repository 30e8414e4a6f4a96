/** Limits how many cameras are connected to at once. */

/** A place in an {@link AttemptGate}; disposing of it twice is the same as once. */
export type AttemptPermit = Disposable;

/**
 * A camera that neither answers nor refuses keeps its place no longer than this, in milliseconds, so
 * that a few that are switched off do not hold up all others.
 */
const usualHoldMs = 1000;

/**
 * Lets attempts begin in the order in which they asked, a few at a time: two hundred ffmpegs that
 * start in one moment keep each other, and us, from getting anywhere.
 */
export class AttemptGate {
  readonly #holdMs: number;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places = 4 * navigator.hardwareConcurrency, holdMs = usualHoldMs) {
    this.#free = places;
    this.#holdMs = holdMs;
  }

  /** A place, to be given back once it is known how the attempt went; null when the signal aborts. */
  async enter(signal: AbortSignal): Promise<AttemptPermit | null> {
    if (signal.aborted) return null;
    if (this.#free > 0) this.#free--;
    else if (!await this.#turn(signal)) return null;
    let held = true;
    const leave = () => {
      clearTimeout(timer);
      if (held) this.#leave();
      held = false;
    };
    const timer = setTimeout(leave, this.#holdMs);
    return { [Symbol.dispose]: leave };
  }

  /** Whether a place was handed over. */
  #turn(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const come = () => {
      signal.removeEventListener("abort", giveUp);
      resolve(true);
    };
    const giveUp = () => {
      this.#waiting.splice(this.#waiting.indexOf(come), 1);
      resolve(false);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    this.#waiting.push(come);
    return promise;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
