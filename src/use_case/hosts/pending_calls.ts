/** Calls that wait for their answers, and how long they may. */

/** One that waits. */
interface PendingCall<Outcome> {
  readonly method: string;
  readonly patienceMs: number;
  /** On the clock of `performance.now()`. */
  readonly dueAtMs: number;
  readonly settle: (outcome: Outcome) => void;
}

/** What a {@link PendingCalls} is made of. */
export interface PendingCallsOptions {
  /** For a call that finds no other before it. */
  readonly timeoutMs: number;
  /** A call was not answered in time. */
  onLate(method: string, patienceMs: number): void;
}

/**
 * One timer watches all calls, and is left to run out when they are answered: a timer of its own for
 * each would be the soonest of all timers each time, which wakes the event loop twice more a call.
 */
export class PendingCalls<Outcome> implements Disposable {
  readonly #options: PendingCallsOptions;
  readonly #calls = new Map<number, PendingCall<Outcome>>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: PendingCallsOptions) {
    this.#options = options;
  }

  /** Waits for the answer to a call that was just made. */
  add(id: number, method: string, settle: (outcome: Outcome) => void): void {
    const { timeoutMs } = this.#options;
    // The guest has one thread, and those that were asked before have their time first.
    const patienceMs = timeoutMs * (this.#calls.size + 1);
    this.#calls.set(id, { method, patienceMs, dueAtMs: performance.now() + patienceMs, settle });
    // A timer that runs already looks in time, as no call has less patience than it has left.
    if (this.#timer === null) this.#lookIn(timeoutMs);
  }

  /** Takes a call out; undefined when it was not made, or is answered already. */
  take(id: number): ((outcome: Outcome) => void) | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    return call?.settle;
  }

  /** Takes all calls out, with one outcome. */
  settleAll(outcome: Outcome): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { settle } of calls) settle(outcome);
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #lookIn(waitMs: number): void {
    this.#timer = setTimeout(() => this.#look(), waitMs);
  }

  #look(): void {
    this.#timer = null;
    const { timeoutMs, onLate } = this.#options;
    const nowMs = performance.now();
    let waitMs = timeoutMs;
    for (const { method, patienceMs, dueAtMs } of this.#calls.values()) {
      if (dueAtMs <= nowMs) return onLate(method, patienceMs);
      waitMs = Math.min(waitMs, dueAtMs - nowMs);
    }
    if (this.#calls.size > 0) this.#lookIn(Math.ceil(waitMs));
  }
}
