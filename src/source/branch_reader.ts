/** A branch that is read at all times, whether somebody wants its frames or not. */

import type { SourceFrame } from "./source.ts";

/** Hands frames to whoever has taken the branch; throws them away while nobody has. */
export class BranchReader {
  readonly #frames: AsyncGenerator<SourceFrame, void, void>;
  /** A frame that was asked for and that nobody got yet. */
  #pending: Promise<IteratorResult<SourceFrame, void>> | null = null;
  /** Counts who reads, so that whoever read before notices. */
  #turn = 0;
  #ended = false;

  constructor(frames: AsyncGenerator<SourceFrame, void, void>) {
    this.#frames = frames;
  }

  /** There are no more frames. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * The frames from now on, until the branch ends or the signal aborts. Whoever leaves before the
   * end leaves it draining.
   */
  async *take(signal: AbortSignal): AsyncGenerator<SourceFrame, void, void> {
    this.#turn++;
    try {
      while (!signal.aborted) {
        const result = await untilAborted(this.#next(), signal);
        if (result === null) return;
        this.#pending = null;
        if (result.done) return;
        yield result.value;
      }
    } finally {
      this.drain();
    }
  }

  /** Throws frames away until somebody takes the branch, or it ends. */
  async drain(): Promise<void> {
    const turn = ++this.#turn;
    try {
      for (;;) {
        const { done, value } = await this.#next();
        if (turn !== this.#turn) return;
        this.#pending = null;
        if (done) return;
        value.release?.();
        value.full?.release();
      }
    } catch {
      // Whoever takes the branch is told; nobody else wants to know.
    }
  }

  #next(): Promise<IteratorResult<SourceFrame, void>> {
    return this.#pending ??= this.#read();
  }

  async #read(): Promise<IteratorResult<SourceFrame, void>> {
    try {
      const result = await this.#frames.next();
      this.#ended ||= result.done === true;
      return result;
    } catch (error) {
      this.#ended = true;
      throw error;
    }
  }
}

/** What the promise gives, or null as soon as the signal aborts. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const leave = () => resolve(null);
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
