/** The backend and the use case of a secondary model, for as long as it answers. */

import type { Logger } from "@logtape/logtape";
import { pause } from "../backoff.ts";
import type { Analysis } from "../frame/analysis.ts";
import type { CutPixels, FrameFormat, FrameInfo } from "../frame/frame.ts";
import { isSameModel, type ModelMetadata } from "../frame/model.ts";
import type { Inference } from "../inference/inference.ts";
import type { UseCaseHost } from "../use_case/host.ts";
import { UseCaseError } from "../use_case/use_case_error.ts";
import { describeFailure } from "./describe_failure.ts";
import { Silence } from "./silence.ts";
import { supervise } from "./supervisor.ts";

/** What it is made of; those who opened the parts dispose of them. */
export interface SecondaryModelParts {
  readonly logger: Logger;
  readonly inference: Inference;
  /** Brings the plugin to life for the model. */
  openUseCase(request: { readonly model: ModelMetadata }): Promise<UseCaseHost>;
  /**
   * Told when the plugin cannot be used with the model that is there at first: a mistake of the
   * configuration. One that takes its place later is waited out.
   */
  onUnusable(error: UseCaseError): void;
}

/** A model that failed is asked again after so long whether it is there. */
const againMs = 1000;
/** It answers again once it has not failed for so long: a server that drains does both. */
const steadyMs = 2 * againMs;

/** Waits for the model, looks at parts of pictures, and finds out when the model is away. */
export class SecondaryModel implements AsyncDisposable {
  readonly #parts: SecondaryModelParts;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #host: UseCaseHost | null = null;
  /** The model for which the host was started. */
  #known: ModelMetadata | null = null;
  #ready = false;
  /** Says that it has to be waited for anew. */
  #failed = Promise.withResolvers<void>();
  /** When it failed last, on the monotonic clock; null = it has answered since. */
  #failedAtMs: number | null = null;
  readonly #silence: Silence;
  readonly #tried = Promise.withResolvers<void>();
  /** The use case is asked one at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: SecondaryModelParts) {
    this.#parts = parts;
    this.#silence = new Silence(parts.inference);
    this.#watching = this.#watch();
  }

  /** The form in which it takes pictures; null while it is away. */
  get format(): FrameFormat | null {
    return this.#ready ? this.#host?.format ?? null : null;
  }

  /** Resolves when it is known whether the model is there. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  /** What it says of a part of a frame; null when its use case skips it, or it is away. */
  async look(frame: FrameInfo, pixels: CutPixels, signal: AbortSignal): Promise<Analysis | null> {
    const host = this.#host;
    if (host === null || !this.#ready) return null;
    const inputs = await host.preprocess({ ...frame, ...pixels });
    if (inputs === null) return null;
    const { data: _pixels, ...info } = { ...frame, ...pixels };
    const sentAtMs = performance.now();
    try {
      const outputs = await this.#parts.inference.infer(inputs, { signal });
      host.release?.(inputs);
      this.#answered();
      return await this.#inTurn(() => host.postprocess(outputs, info));
    } catch (error) {
      if (!signal.aborted) this.#silence.answered();
      const failure = signal.aborted ? this.#silence.givenUp(sentAtMs) : error;
      if (failure) this.#fail(failure);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#failed.resolve();
    this.#tried.resolve();
    await this.#watching;
    await this.#host?.[Symbol.asyncDispose]();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#failed = Promise.withResolvers();
      await supervise(() => this.#open(signal), {
        signal,
        limit: 0,
        onFailure: ({ error }) => {
          if (this.#known === null && error instanceof UseCaseError) {
            this.#stop.abort();
            this.#parts.onUnusable(error);
          } else {
            this.#tell(error);
          }
          this.#tried.resolve();
        },
      });
      if (signal.aborted) return;
      this.#ready = true;
      this.#tried.resolve();
      await this.#failed.promise;
      this.#ready = false;
      await pause(againMs, signal);
    }
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { inference, openUseCase } = this.#parts;
    const model = await inference.metadata({ signal });
    if (isSameModel(this.#known, model)) return;
    await this.#host?.[Symbol.asyncDispose]();
    this.#host = null;
    this.#host = await openUseCase({ model });
    this.#known = model;
  }

  async #inTurn<T>(ask: () => T | Promise<T>): Promise<T> {
    const answer = this.#turn.then(ask);
    this.#turn = answer.catch(() => undefined);
    return await answer;
  }

  #answered(): void {
    this.#silence.answered();
    if (this.#failedAtMs === null || performance.now() - this.#failedAtMs < steadyMs) return;
    this.#failedAtMs = null;
    this.#parts.logger.info("The secondary model answers again");
  }

  #fail(error: unknown): void {
    this.#tell(error);
    this.#failed.resolve();
  }

  /** One line until it has answered again. */
  #tell(error: unknown): void {
    const told = this.#failedAtMs !== null;
    this.#failedAtMs = performance.now();
    if (told) return;
    this.#parts.logger.warn("{words}; records go out without what it would say", {
      words: describeFailure(error),
    });
  }
}
