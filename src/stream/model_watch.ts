/** Waits for a model, and notices when the server comes back with another one. */

import type { ModelMetadata } from "../frame/model.ts";
import { type Inference, InferenceError } from "../inference/inference.ts";
import type { Health } from "./health.ts";
import { pause } from "../backoff.ts";
import { Silence } from "./silence.ts";
import { supervise } from "./supervisor.ts";

/** Backoff while the model is away: it is on the same site as we are, and results are wanted soon. */
const modelBackoff = { firstMs: 250, maxMs: 1_000 };
/** Milliseconds between two looks at the metadata while the model refuses our input. */
const recheckMs = 1_000;

/** Asks for a model's metadata again and again, and passes its trouble on to the health. */
export class ModelWatch {
  readonly #inference: Inference;
  readonly #health: Health;
  #known = "";
  #changed = new AbortController();
  #rechecking = false;
  readonly #silence: Silence;

  /** `now` is a monotonic clock in milliseconds. @default {performance.now} */
  constructor(inference: Inference, health: Health, now?: () => number) {
    this.#inference = inference;
    this.#health = health;
    this.#silence = new Silence(inference, now);
  }

  /** The model's metadata, as soon as it can be had; undefined when stopped before. */
  async await(stop: AbortSignal): Promise<ModelMetadata | undefined> {
    let model: ModelMetadata | undefined;
    await supervise(async () => {
      model = await this.#inference.metadata({ signal: stop });
    }, {
      ...modelBackoff,
      signal: stop,
      limit: 0,
      onFailure: ({ error }) => {
        // A model that can never be used is no reason to wait.
        if (error instanceof InferenceError && error.reason === "unsupported") throw error;
        this.#health.modelFailed(error);
      },
    });
    return model;
  }

  /** A signal that aborts when the server is seen to serve another model than this one. */
  changedFrom(model: ModelMetadata): AbortSignal {
    this.#known = JSON.stringify(model);
    this.#changed = new AbortController();
    return this.#changed.signal;
  }

  /** A request failed; when our input was at fault, perhaps the model is another now. */
  failed(error: unknown): void {
    // Whatever it says, or whatever is in its way, is the reason to tell of, and not its silence.
    this.#silence.answered();
    this.#health.modelFailed(error);
    const suspicious = error instanceof InferenceError && error.reason === "invalid_input";
    if (suspicious && !this.#rechecking) this.#recheck();
  }

  /** A request was answered. */
  answered(): void {
    this.#silence.answered();
  }

  /** A request, sent at `sentAtMs`, was given up at its frame's deadline. */
  unanswered(sentAtMs: number): void {
    const failure = this.#silence.givenUp(sentAtMs);
    if (failure) this.#health.modelFailed(failure);
  }

  async #recheck(): Promise<void> {
    this.#rechecking = true;
    const changed = this.#changed;
    try {
      const model = await this.#inference.metadata({ signal: changed.signal });
      if (JSON.stringify(model) !== this.#known) changed.abort();
    } catch {
      // The failed requests tell of it already.
    }
    await pause(recheckMs, changed.signal);
    this.#rechecking = false;
  }
}
