/** A branch that is read at all times, whether somebody wants its frames or not. */

import type { SourceFrame } from "./source.ts";

/** A branch in somebody's hands; disposing of it leaves the branch draining. */
export interface BranchTaking extends Disposable {
  /** The next frame; null when the branch has ended or the signal aborts. */
  next(): Promise<SourceFrame | null>;
}

/** Hands frames to whoever has taken the branch; throws them away while nobody has. */
export class BranchReader {
  readonly #read: () => Promise<SourceFrame | null>;
  /** A frame that was asked for and that nobody got yet. */
  #pending: Promise<SourceFrame | null> | null = null;
  /** Counts who reads, so that whoever read before notices. */
  #turn = 0;
  #ended = false;

  /** `read` gives the next frame, or null at the end. */
  constructor(read: () => Promise<SourceFrame | null>) {
    this.#read = read;
  }

  /** There are no more frames. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The frames from now on, until the signal aborts or they are left. */
  take(signal: AbortSignal): BranchTaking {
    this.#turn++;
    let leave = (): void => {};
    // One listener for all frames: one for each would leave a kilobyte behind.
    const onAbort = () => leave();
    signal.addEventListener("abort", onAbort, { once: true });
    return {
      next: () =>
        new Promise((resolve, reject) => {
          if (signal.aborted) return resolve(null);
          leave = () => resolve(null);
          this.#next().then((frame) => {
            // Else the frame is for whoever comes next.
            if (signal.aborted) return;
            this.#got();
            resolve(frame);
          }, reject);
        }),
      [Symbol.dispose]: () => {
        signal.removeEventListener("abort", onAbort);
        this.drain();
      },
    };
  }

  /** Throws frames away until somebody takes the branch, or it ends. */
  async drain(): Promise<void> {
    const turn = ++this.#turn;
    try {
      for (;;) {
        const frame = await this.#next();
        if (turn !== this.#turn) return;
        this.#got();
        if (frame === null) return;
        frame.release?.();
        frame.full?.release();
      }
    } catch {
      // Whoever takes the branch is told; nobody else wants to know.
    }
  }

  /** The same frame for all who ask, until somebody has got it. */
  #next(): Promise<SourceFrame | null> {
    return this.#pending ??= this.#read().then(this.#hear, this.#fail);
  }

  #got(): void {
    // Nothing follows the end, so it is what is next for ever.
    if (!this.#ended) this.#pending = null;
  }

  readonly #hear = (frame: SourceFrame | null): SourceFrame | null => {
    this.#ended ||= frame === null;
    return frame;
  };

  readonly #fail = (error: unknown): never => {
    this.#ended = true;
    throw error;
  };
}
