/** Tells a model that hangs from one that is merely slow. */

import { type Inference, InferenceError } from "../inference/inference.ts";

/** A model that answers none for so long counts as silent; below that it may be slow. */
const floorMs = 3_000;
/**
 * The first request must have been given up so long before the last one: a single one may be slow,
 * and after a pause of this process all are given up at once, before answers in the sockets are read.
 */
const spreadMs = 1_000;

/** Measures how long one model has answered none of the requests that it was sent. */
export class Silence {
  readonly #inference: Inference;
  readonly #now: () => number;
  /** When a request was first given up since an answer; null = none was. */
  #firstAtMs: number | null = null;
  /** When the silence began, on the monotonic clock; null = nothing was given up since an answer. */
  #sinceMs: number | null = null;
  #answeredAtMs = -Infinity;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(inference: Inference, now: () => number = performance.now.bind(performance)) {
    this.#inference = inference;
    this.#now = now;
  }

  /** A request was answered, be it with an error. */
  answered(): void {
    this.#answeredAtMs = this.#now();
    this.#firstAtMs = null;
    this.#sinceMs = null;
  }

  /**
   * A request, sent at `sentAtMs`, was given up at its frame's deadline. The failure to tell of
   * once the model is silent; null while it may be slow.
   */
  givenUp(sentAtMs: number): InferenceError | null {
    const nowMs = this.#now();
    this.#firstAtMs ??= nowMs;
    // A pause in which nothing was sent is not the model's.
    this.#sinceMs ??= Math.max(sentAtMs, this.#answeredAtMs);
    const silentMs = nowMs - this.#sinceMs;
    if (nowMs - this.#firstAtMs < spreadMs || silentMs < floorMs) return null;
    return silent(this.#inference, `${(silentMs / 1000).toFixed(1)} s`);
  }
}

function silent({ description, embedded = false }: Inference, duration: string): InferenceError {
  return embedded
    ? new InferenceError(
      "timeout",
      `Cannot finish requests: ${description} has answered none in time for ${duration}`,
      "the model is too slow for this machine: take a smaller one, or raise --max_frame_age_ms",
    )
    : new InferenceError(
      "timeout",
      `Cannot finish requests: ${description} has answered none for ${duration}`,
      "check that the server is not overloaded or stuck; for a slow model raise --max_frame_age_ms",
    );
}
