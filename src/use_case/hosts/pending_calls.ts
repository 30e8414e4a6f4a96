/** Calls that wait for their answers, with their timeouts. */

import { type Deadline, Deadlines } from "../../deadlines.ts";

/** One that waits. */
export interface PendingCall<Outcome> {
  /** What is asked, in words. */
  readonly method: string;
  /** Who is asked. */
  readonly instance: number;
  /** How long it may take when none was asked before it; null = others tell if it hangs. */
  readonly timeoutMs: number | null;
  /** Bytes of all buffers of its answer, at most. */
  readonly mostBytes: number;
  readonly settle: (outcome: Outcome) => void;
}

/** Told of a call that was not answered in time. */
export type OnLate = (
  call: Pick<PendingCall<never>, "method" | "instance"> & { readonly id: number },
  patienceMs: number,
) => void;

/** Matches outcomes to calls by their number, and reports calls without one in time. */
export class PendingCalls<Outcome> implements Disposable {
  readonly #onLate: OnLate;
  readonly #calls = new Map<
    number,
    { readonly call: PendingCall<Outcome>; readonly deadline: Deadline | null }
  >();
  readonly #deadlines = new Deadlines();
  /** What all that wait may take, one after the other. */
  #patienceMs = 0;

  constructor(onLate: OnLate) {
    this.#onLate = onLate;
  }

  /** Waits for the answer to a call that was just made. */
  add(id: number, call: PendingCall<Outcome>): void {
    // The guest has one thread, and those that were asked before have their time first.
    const patienceMs = this.#patienceMs += call.timeoutMs ?? 0;
    const late = () => this.#onLate({ ...call, id }, patienceMs);
    const deadline = call.timeoutMs === null ? null : this.#deadlines.watch(patienceMs, late);
    this.#calls.set(id, { call, deadline });
  }

  /** The call, as long as it waits for its answer. */
  get(id: number): PendingCall<Outcome> | undefined {
    return this.#calls.get(id)?.call;
  }

  /** Takes a call out; undefined when it was not made, or is answered already. */
  take(id: number): ((outcome: Outcome) => void) | undefined {
    const pending = this.#calls.get(id);
    if (pending === undefined) return undefined;
    const { call, deadline } = pending;
    this.#calls.delete(id);
    this.#patienceMs -= call.timeoutMs ?? 0;
    if (deadline !== null) this.#deadlines.meet(deadline);
    return call.settle;
  }

  /** Takes all calls out, with one outcome. */
  settleAll(outcome: Outcome): void {
    for (const id of [...this.#calls.keys()]) this.take(id)?.(outcome);
  }

  [Symbol.dispose](): void {
    this.#deadlines[Symbol.dispose]();
  }
}
