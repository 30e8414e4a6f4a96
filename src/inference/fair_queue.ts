/** So many at once, and whoever waits gets a turn after everybody else who waited had one. */

import { cancelledBy } from "./failure.ts";
import { InferenceError, type InferOptions, type Turn } from "./inference.ts";

interface Waiter {
  readonly resolve: (turn: Turn) => void;
  readonly reject: (error: InferenceError) => void;
}

/** Turns for members; among those that wait, it goes round robin, however much one of them asks. */
export class FairQueue {
  #limit: number;
  #taken = 0;
  /** Members with waiters; the first is next. */
  readonly #ring: FairMember[] = [];

  /** `limit`: turns that may be taken at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Turns that are taken now. */
  get taken(): number {
    return this.#taken;
  }

  /** Requests for a turn that wait. */
  get waiting(): number {
    return this.#ring.reduce((sum, member) => sum + member.waiting, 0);
  }

  /** Turns that may be taken at once. */
  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#hand();
  }

  /** A new member. */
  join(): FairMember {
    const member: FairMember = new FairMember({
      atOnce: () => this.#atOnce(),
      onWait: (isFirst) => {
        if (isFirst) this.#ring.push(member);
        this.#hand();
      },
    });
    return member;
  }

  // Whoever waits does so because there is none.
  #atOnce(): Turn | null {
    return this.#taken < this.#limit ? this.#begin() : null;
  }

  #hand(): void {
    while (this.#taken < this.#limit) {
      const member = this.#ring.shift();
      if (member === undefined) return;
      const waiter = member.next();
      if (member.waiting > 0) this.#ring.push(member);
      waiter?.resolve(this.#begin());
    }
  }

  #begin(): Turn {
    this.#taken++;
    return new HeldTurn(this.#onEnd);
  }

  readonly #onEnd = (): void => {
    this.#taken--;
    this.#hand();
  };
}

/** A turn that was taken. */
class HeldTurn implements Turn {
  #onEnd: (() => void) | null;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  [Symbol.dispose](): void {
    const onEnd = this.#onEnd;
    this.#onEnd = null;
    onEnd?.();
  }
}

/** How a member comes to a turn. */
interface Access {
  /** A turn, where there is one. */
  atOnce(): Turn | null;
  /** The member waits from now on; `isFirst`: it has no place in the ring yet. */
  onWait(isFirst: boolean): void;
}

/** One who takes turns: a stream. */
export class FairMember {
  /** Oldest first. */
  readonly #waiters = new Set<Waiter>();
  readonly #access: Access;
  /** Whether it stands in the ring. */
  #inRing = false;
  #left = false;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Requests for a turn that wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Resolves when it is this member's turn; dispose of the turn to end it.
   * @throws {InferenceError} `cancelled` when the signal aborts first, or the member leaves
   */
  async take({ signal }: InferOptions = {}): Promise<Turn> {
    if (this.#left) throw gone();
    if (signal?.aborted) throw cancelledBy(signal);
    // Mostly so, and then there is nobody to listen for.
    return this.#access.atOnce() ?? await this.#wait(signal);
  }

  async #wait(signal: AbortSignal | undefined): Promise<Turn> {
    const { promise, resolve, reject } = Promise.withResolvers<Turn>();
    const waiter: Waiter = { resolve, reject };
    const onAbort = () => {
      this.#waiters.delete(waiter);
      reject(cancelledBy(signal!));
    };
    this.#waiters.add(waiter);
    signal?.addEventListener("abort", onAbort);
    const isFirst = !this.#inRing;
    this.#inRing = true;
    this.#access.onWait(isFirst);
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** The oldest waiter, who waits no longer; undefined when all have given up. */
  next(): Waiter | undefined {
    const [waiter] = this.#waiters;
    if (waiter !== undefined) this.#waiters.delete(waiter);
    this.#inRing = this.#waiters.size > 0;
    return waiter;
  }

  /** Gives up all that wait; turns that were taken stay until they are disposed of. */
  leave(): void {
    this.#left = true;
    for (const { reject } of this.#waiters) reject(gone());
    this.#waiters.clear();
  }
}

function gone(): InferenceError {
  return new InferenceError("cancelled", "Cannot ask the model: the stream has left it", "");
}
