/** Reads a branch at all times, also while no stream wants its frames, so that ffmpeg never waits. */

import type { SourceFrame } from "./source.ts";

/** One reader's hold on a branch; disposing of it leaves the branch draining. */
export interface BranchTaking extends Disposable {
  /** The next frame; null when the branch has ended or the signal aborts. */
  next(): Promise<SourceFrame | null>;
}

/** Hands frames to the one reader that has taken the branch; drops them while there is none. */
export class BranchReader {
  readonly #read: () => Promise<SourceFrame | null>;
  /** A frame that was asked for and not handed out yet. */
  #pending: Promise<SourceFrame | null> | null = null;
  /** Counts readers, so that a former one notices that it is replaced. */
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
            // Else the frame is for the next reader.
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

  /** Drops frames until a reader takes the branch, or it ends. */
  async drain(): Promise<void> {
    const turn = ++this.#turn;
    try {
      for (;;) {
        const frame = await this.#next();
        if (turn !== this.#turn) return;
        this.#got();
        if (frame === null) break;
        frame.release?.();
        frame.full?.release();
      }
    } catch {
      // The next reader gets the error.
    }
  }

  /** The same frame for all who ask, until it is handed out. */
  #next(): Promise<SourceFrame | null> {
    return this.#pending ??= this.#read().then(this.#onFrame, this.#onError);
  }

  #got(): void {
    // Nothing follows the end, so it is what is next for ever.
    if (!this.#ended) this.#pending = null;
  }

  readonly #onFrame = (frame: SourceFrame | null): SourceFrame | null => {
    this.#ended ||= frame === null;
    return frame;
  };

  readonly #onError = (error: unknown): never => {
    this.#ended = true;
    throw error;
  };
}
