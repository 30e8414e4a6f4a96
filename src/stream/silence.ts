/** Tells a model that has fallen silent from one that is merely slow. */

import { type Inference, InferenceError } from "../inference/inference.ts";

/** A model that answers none for so long counts as silent; below that it may be slow. */
const floorMs = 3_000;
/** Requests that must have been given up meanwhile: a single one may be slow, however slow. */
const fewest = 2;

/** Measures how long one model has answered none of the requests that it was sent. */
export class Silence {
  readonly #inference: Inference;
  readonly #now: () => number;
  #givenUp = 0;
  /** When the silence began, on the monotonic clock; null = nothing was given up since an answer. */
  #sinceMs: number | null = null;
  #answeredAtMs = -Infinity;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(inference: Inference, now: () => number = performance.now.bind(performance)) {
    this.#inference = inference;
    this.#now = now;
  }

  /** A request was answered. */
  answered(): void {
    this.#answeredAtMs = this.#now();
    this.#givenUp = 0;
    this.#sinceMs = null;
  }

  /**
   * A request, sent at `sentAtMs`, was given up because its frame came of age. The failure to tell of
   * once the model is silent; null while it may be slow.
   */
  givenUp(sentAtMs: number): InferenceError | null {
    this.#givenUp++;
    // A pause in which nothing was sent is not the model's.
    this.#sinceMs ??= Math.max(sentAtMs, this.#answeredAtMs);
    const silentMs = this.#now() - this.#sinceMs;
    if (this.#givenUp < fewest || silentMs < floorMs) return null;
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
