/** Pictures are made a few at a time, so that a crowd of events takes no core from the cameras. */

/** Pictures that may wait: each holds the packets that it is made of. */
const mostWaiting = 64;

/** Takes work in its order. */
export class PictureQueue {
  readonly #atOnce: number;
  #running = 0;
  #waiting: (() => void)[] = [];
  readonly #end = new AbortController();

  constructor(atOnce = Math.max(1, Math.floor(navigator.hardwareConcurrency / 2))) {
    this.#atOnce = atOnce;
  }

  /** Nothing is begun any more. */
  get isClosed(): boolean {
    return this.#end.signal.aborted;
  }

  /** Gives up what waits, and what is under way. */
  close(): void {
    this.#end.abort();
  }

  /** Does the work when it is its turn. @throws {Error} when too many wait, or it is closed */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) {
      if (this.#waiting.length >= mostWaiting) {
        throw new Error(`Cannot make a picture: ${mostWaiting} wait already`);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      if (this.isClosed) throw new Error("Cannot make a picture: Sightline ends");
      return await work(this.#end.signal);
    } finally {
      const next = this.#waiting.shift();
      // Its place goes to who has waited longest.
      if (next) next();
      else this.#running--;
    }
  }
}
