/** Calls that wait for their answers, and how long they may. */

import { type Deadline, Deadlines } from "../../deadlines.ts";

/** One that waits. */
interface PendingCall<Outcome> {
  readonly deadline: Deadline;
  readonly settle: (outcome: Outcome) => void;
}

/** What a {@link PendingCalls} is made of. */
export interface PendingCallsOptions {
  /** For a call that finds no other before it. */
  readonly timeoutMs: number;
  /** A call was not answered in time. */
  onLate(method: string, patienceMs: number): void;
}

/** Hands outcomes to calls by their number, and tells of a call whose outcome does not come. */
export class PendingCalls<Outcome> implements Disposable {
  readonly #options: PendingCallsOptions;
  readonly #calls = new Map<number, PendingCall<Outcome>>();
  readonly #deadlines = new Deadlines();

  constructor(options: PendingCallsOptions) {
    this.#options = options;
  }

  /** Waits for the answer to a call that was just made. */
  add(id: number, method: string, settle: (outcome: Outcome) => void): void {
    const { timeoutMs, onLate } = this.#options;
    // The guest has one thread, and those that were asked before have their time first.
    const patienceMs = timeoutMs * (this.#calls.size + 1);
    const deadline = this.#deadlines.watch(patienceMs, () => onLate(method, patienceMs));
    this.#calls.set(id, { deadline, settle });
  }

  /** Takes a call out; undefined when it was not made, or is answered already. */
  take(id: number): ((outcome: Outcome) => void) | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    this.#deadlines.meet(call.deadline);
    return call.settle;
  }

  /** Takes all calls out, with one outcome. */
  settleAll(outcome: Outcome): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { deadline, settle } of calls) {
      this.#deadlines.meet(deadline);
      settle(outcome);
    }
  }

  [Symbol.dispose](): void {
    this.#deadlines[Symbol.dispose]();
  }
}
