/** A use case that another one may take the place of, between two frames. */

import { isDeepStrictEqual } from "node:util";
import type { Frame, FrameFormat, FrameInfo } from "../frame/frame.ts";
import type { GraphStreamInfo } from "../frame/model.ts";
import type { Analysis } from "../frame/analysis.ts";
import type { Tensors } from "../frame/tensor.ts";
import type { UseCaseHost } from "../use_case/host.ts";
import type { MaybePromise } from "../use_case/use_case.ts";

/** A use case with the number of the first frame that it was given. */
interface Generation {
  readonly host: UseCaseHost;
  readonly firstSequence: number;
}

/** Hands each frame to the newest use case, and its outputs to the one that prepared them. */
export class SwappingHost implements UseCaseHost {
  readonly name: string;
  readonly format: FrameFormat;
  readonly #stale = new AbortController();
  readonly #onReplaced: () => void;
  #generations: Generation[];
  /** The stream to a graph, and the use case that was told of it. */
  #graphStream: GraphStreamInfo | null = null;
  #told: UseCaseHost | null = null;
  /** Takes over with the next frame. */
  #next: UseCaseHost | null = null;
  readonly #leaving = new Set<Promise<void>>();

  /** `onReplaced`: told before the first result of another use case. */
  constructor(host: UseCaseHost, onReplaced: () => void = () => {}) {
    this.#onReplaced = onReplaced;
    this.name = host.name;
    this.format = host.format;
    this.#generations = [{ host, firstSequence: 0 }];
  }

  /** Aborts when another use case wants other frames, so that the source must start again. */
  get stale(): AbortSignal {
    return this.#stale.signal;
  }

  get outputs(): UseCaseHost["outputs"] {
    return this.#newest.outputs;
  }

  /** Each version is told of the stream before its first result of it. */
  get session(): UseCaseHost["session"] {
    return this.#newest.session && ((stream) => {
      this.#graphStream = stream;
      this.#told = null;
    });
  }

  get visualize(): UseCaseHost["visualize"] {
    return this.#newest.visualize;
  }

  /** Whether a use case wants the same of source and model, so that it may be put in place. */
  isLike({ format, outputs, session }: UseCaseHost): boolean {
    const { format: ours, outputs: oursOut, session: oursSession } = this;
    return isDeepStrictEqual([format, outputs], [ours, oursOut]) && !session === !oursSession;
  }

  /** Puts a use case that is like this one in place with the next frame. */
  swap(host: UseCaseHost): void {
    if (this.#next !== null) this.#leave(this.#next);
    this.#next = host;
  }

  /** Has the stream open a use case anew. */
  expire(): void {
    this.#stale.abort();
  }

  preprocess(frame: Frame): MaybePromise<Tensors | null> {
    if (this.#next !== null) {
      this.#generations.push({ host: this.#next, firstSequence: frame.sequence });
      this.#next = null;
    }
    return this.#newest.preprocess(frame);
  }

  release(inputs: Tensors): void {
    // Whichever version prepared them: the memory fits every use case of this model.
    this.#newest.release?.(inputs);
  }

  async postprocess(outputs: Tensors, frame: FrameInfo): Promise<Analysis> {
    const { sequence } = frame;
    const at = this.#generations.findLastIndex(({ firstSequence }) => firstSequence <= sequence);
    // Results come in order: the generations before this one have had their last frame.
    const former = this.#generations.splice(0, Math.max(0, at));
    for (const { host } of former) this.#leave(host);
    if (former.length > 0) this.#onReplaced();
    const { host } = this.#generations[0]!;
    if (this.#graphStream && this.#told !== host) {
      this.#told = host;
      await host.session?.(this.#graphStream);
    }
    return await host.postprocess(outputs, frame);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#next !== null) this.#leave(this.#next);
    for (const { host } of this.#generations) this.#leave(host);
    await Promise.all(this.#leaving);
  }

  get #newest(): UseCaseHost {
    return this.#generations.at(-1)!.host;
  }

  #leave(host: UseCaseHost): void {
    const left = host[Symbol.asyncDispose]().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }
}
