/** A fair semaphore: permits go round robin among the clients that wait, however much one of them asks. */

import { cancelledBy } from "../failure.ts";
import { InferenceError, type InferOptions, type Permit } from "../inference.ts";

interface Waiter {
  readonly resolve: (permit: Permit) => void;
  readonly reject: (error: InferenceError) => void;
}

/** A bounded number of permits, handed out round robin among clients. */
export class FairQueue {
  #limit: number;
  #held = 0;
  /** Clients with waiters; the first is next. */
  readonly #ring: FairClient[] = [];

  /** `limit`: permits that may be held at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Permits that are held now. */
  get held(): number {
    return this.#held;
  }

  /** Requests for a permit that wait. */
  get waiting(): number {
    return this.#ring.reduce((sum, client) => sum + client.waiting, 0);
  }

  /** Permits that may be held at once. */
  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#hand();
  }

  /** A new client. */
  join(): FairClient {
    const client: FairClient = new FairClient({
      atOnce: () => this.#atOnce(),
      onWait: (isFirst) => {
        if (isFirst) this.#ring.push(client);
        this.#hand();
      },
    });
    return client;
  }

  // While any client waits, no permit is free: a new one cannot overtake.
  #atOnce(): Permit | null {
    return this.#held < this.#limit ? this.#begin() : null;
  }

  #hand(): void {
    while (this.#held < this.#limit) {
      const client = this.#ring.shift();
      if (client === undefined) return;
      const waiter = client.next();
      if (client.waiting > 0) this.#ring.push(client);
      waiter?.resolve(this.#begin());
    }
  }

  #begin(): Permit {
    this.#held++;
    return new HeldPermit(this.#onEnd);
  }

  readonly #onEnd = (): void => {
    this.#held--;
    this.#hand();
  };
}

/** A permit that is held. */
class HeldPermit implements Permit {
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

/** What a client asks of the queue. */
interface Access {
  /** A permit, where one is free. */
  atOnce(): Permit | null;
  /** The client waits from now on; `isFirst`: it is not in the ring yet. */
  onWait(isFirst: boolean): void;
}

/** One of those that share the permits: a stream. */
export class FairClient {
  /** Oldest first. */
  readonly #waiters = new Set<Waiter>();
  readonly #access: Access;
  /** Whether it is in the ring. */
  #inRing = false;
  #left = false;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Requests for a permit that wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * A permit, as soon as there is one for this client; dispose of it to give it back.
   * @throws {InferenceError} `cancelled` when the signal aborts first, or the client leaves
   */
  async acquire({ signal }: InferOptions = {}): Promise<Permit> {
    if (this.#left) throw gone();
    if (signal?.aborted) throw cancelledBy(signal);
    // The usual case, which needs no listener.
    return this.#access.atOnce() ?? await this.#wait(signal);
  }

  async #wait(signal: AbortSignal | undefined): Promise<Permit> {
    const { promise, resolve, reject } = Promise.withResolvers<Permit>();
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

  /** Takes out the oldest waiter; undefined when all have given up. */
  next(): Waiter | undefined {
    const [waiter] = this.#waiters;
    if (waiter !== undefined) this.#waiters.delete(waiter);
    this.#inRing = this.#waiters.size > 0;
    return waiter;
  }

  /** Gives up all that wait; permits that are held stay so until they are disposed of. */
  leave(): void {
    this.#left = true;
    for (const { reject } of this.#waiters) reject(gone());
    this.#waiters.clear();
  }
}

function gone(): InferenceError {
  return new InferenceError("cancelled", "Cannot ask the model: the stream has left it", "");
}
