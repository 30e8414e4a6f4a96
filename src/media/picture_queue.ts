/** Pictures are made a few at a time, so that a crowd of events takes no core from the cameras. */

/** Work that may wait: each piece holds the packets that it is made of. */
const mostWaiting = 64;

interface Waiting {
  readonly isUrgent: () => boolean;
  readonly sinceMs: number;
  begin(): void;
  giveUp(error: Error): void;
}

/**
 * Takes the newest work first, as what is asked for more often than it can be done is never all done:
 * then the oldest is given up, and before that what no event has asked for yet; and so is what has
 * waited for too long. With `inOrder` it takes the oldest first, and gives up none: the caller
 * bounds what waits.
 */
export class PictureQueue {
  readonly #atOnce: number;
  readonly #longestMs: number;
  readonly #inOrder: boolean;
  readonly #now: () => number;
  #running = 0;
  #waiting: Waiting[] = [];
  readonly #end = new AbortController();

  /** `longestMs`: how long work may wait. `now` is a monotonic clock in milliseconds. */
  constructor(
    {
      atOnce = Math.max(1, Math.floor(navigator.hardwareConcurrency / 2)),
      longestMs = Infinity,
      inOrder = false,
      now = () => performance.now(),
    }: {
      readonly atOnce?: number;
      readonly longestMs?: number;
      readonly inOrder?: boolean;
      readonly now?: () => number;
    } = {},
  ) {
    this.#atOnce = atOnce;
    this.#longestMs = longestMs;
    this.#inOrder = inOrder;
    this.#now = now;
  }

  /** Nothing is begun any more. */
  get isClosed(): boolean {
    return this.#end.signal.aborted;
  }

  /** Gives up what waits, and what is under way. */
  close(): void {
    this.#end.abort();
    for (const { giveUp } of this.#waiting.splice(0)) giveUp(ended());
  }

  /**
   * Does the work when it is its turn. `isUrgent` tells whether an event waits for it by now.
   * @throws {Error} when it is given up, or the queue is closed
   */
  async run<T>(
    work: (signal: AbortSignal) => Promise<T>,
    isUrgent: () => boolean = () => true,
  ): Promise<T> {
    if (this.isClosed) throw ended();
    if (this.#running < this.#atOnce) this.#running++;
    else await this.#turn(isUrgent);
    try {
      return await work(this.#end.signal);
    } finally {
      const next = this.#next();
      // Its place goes to the one that waits.
      if (next) next.begin();
      else this.#running--;
    }
  }

  #turn(isUrgent: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ isUrgent, sinceMs: this.#now(), begin: resolve, giveUp: reject });
    if (!this.#inOrder && this.#waiting.length > mostWaiting) {
      const spare = Math.max(0, this.#waiting.findIndex(({ isUrgent }) => !isUrgent()));
      const [given] = this.#waiting.splice(spare, 1);
      given!.giveUp(new Error(`Cannot make a picture: ${mostWaiting} newer ones wait`));
    }
    return promise;
  }

  #next(): Waiting | undefined {
    if (this.#inOrder) return this.#waiting.shift();
    const latestMs = this.#now() - this.#longestMs;
    const isLate = ({ sinceMs }: Waiting) => sinceMs < latestMs;
    const late = this.#waiting.filter(isLate);
    this.#waiting = this.#waiting.filter((one) => !isLate(one));
    const words = `Cannot make a picture: it waited for ${this.#longestMs / 1000} s`;
    for (const { giveUp } of late) giveUp(new Error(words));
    // Where none is (−1), it is the newest.
    const urgent = this.#waiting.findLastIndex(({ isUrgent }) => isUrgent());
    return this.#waiting.splice(urgent, 1)[0];
  }
}

function ended(): Error {
  return new Error("Cannot make a picture: Sightline ends");
}
