/** Waits for a model's metadata, and notices when the server serves another model or version. */

import { isSameModel, type ModelMetadata } from "../frame/model.ts";
import { type Inference, InferenceError } from "../inference/inference.ts";
import type { Health } from "./health.ts";
import { pause } from "../backoff.ts";
import { Silence } from "./silence.ts";
import { supervise } from "./supervisor.ts";

/** Backoff while the model is away: it is on the same site as we are, and results are wanted soon. */
const modelBackoff = { firstMs: 250, maxMs: 1_000 };
/** Milliseconds between two looks at the metadata while the model refuses our input. */
const recheckMs = 1_000;

/** Asks for a model's metadata again and again, and passes its errors on to the health. */
export class ModelWatch implements Disposable {
  readonly #inference: Inference;
  readonly #health: Health;
  #known: ModelMetadata | null = null;
  #changed = new AbortController();
  #rechecking = false;
  /** A request failed since the model was looked at: a server that was away may be another one. */
  #failed = false;
  readonly #lookMs: number;
  #lookTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #silence: Silence;

  /**
   * `now`: a monotonic clock in milliseconds; `lookMs`: between two looks whether a server has gone
   * on to another version.
   */
  constructor(
    inference: Inference,
    health: Health,
    { now, lookMs = 10_000 }: { readonly now?: () => number; readonly lookMs?: number } = {},
  ) {
    this.#inference = inference;
    this.#health = health;
    this.#lookMs = lookMs;
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

  /**
   * A signal that aborts when the server is seen to serve another model than this one. Another version
   * that takes and gives the same is told of, and is no other model.
   */
  changedFrom(model: ModelMetadata): AbortSignal {
    const before = this.#known;
    this.#failed = false;
    if (before !== null && !isSameModel(before, model)) this.#health.modelChanged(before, model);
    this.#known = model;
    this.#changed = new AbortController();
    this.#scheduleLook();
    return this.#changed.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#lookTimer);
    this.#changed.abort();
  }

  /** A request failed; when our input was at fault, perhaps the model is another now. */
  failed(error: unknown): void {
    // Whatever it says, or whatever is in its way, is the reason to tell of, and not its silence.
    this.#silence.answered();
    this.#health.modelFailed(error);
    this.#failed = true;
    const suspicious = error instanceof InferenceError && error.reason === "invalid_input";
    if (suspicious && !this.#rechecking) this.#recheck();
  }

  /** A request was answered. */
  answered(): void {
    this.#silence.answered();
    if (this.#failed && !this.#rechecking) this.#recheck();
  }

  /** A request, sent at `sentAtMs`, was given up at its frame's deadline. */
  unanswered(sentAtMs: number): void {
    const failure = this.#silence.givenUp(sentAtMs);
    if (failure) this.#health.modelFailed(failure);
  }

  async #recheck(): Promise<void> {
    this.#rechecking = true;
    this.#failed = false;
    const { signal } = this.#changed;
    await this.#look();
    await pause(recheckMs, signal);
    this.#rechecking = false;
  }

  /** A server goes on to another version without an error: only another request for its metadata shows it. */
  #scheduleLook(): void {
    clearTimeout(this.#lookTimer);
    if (this.#known!.version === undefined || this.#inference.embedded) return;
    const { signal } = this.#changed;
    this.#lookTimer = setTimeout(async () => {
      await this.#look();
      if (!signal.aborted) this.#scheduleLook();
    }, this.#lookMs);
  }

  async #look(): Promise<void> {
    const changed = this.#changed;
    try {
      const model = await this.#inference.metadata({ signal: changed.signal });
      const before = this.#known;
      if (changed.signal.aborted || before === null || isSameModel(before, model)) return;
      if (!isSameModel(before, { ...model, version: before.version })) return changed.abort();
      this.#known = model;
      this.#health.modelChanged(before, model);
    } catch {
      // The requests that fail tell of it already.
    }
  }
}
