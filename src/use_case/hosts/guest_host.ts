/** A use case in a guest, which is started again when it dies. */

import type { Logger } from "@logtape/logtape";
import type { Analysis } from "../../frame/analysis.ts";
import type { Frame, FrameInfo } from "../../frame/frame.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { checkAnalysis } from "../wire/check_analysis.ts";
import type { GuestSession } from "./guest_session.ts";
import type { UseCaseHost, UseCaseRequest } from "../host.ts";
import type { InputPlan } from "../input/input_plan.ts";
import type { ReadyMessage } from "../wire/messages.ts";
import { planFor } from "../input/plan_for.ts";
import { Backoff } from "./backoff.ts";
import type { Picture } from "../use_case.ts";
import { UseCaseError } from "../use_case_error.ts";
import { fromWire, own, toWire } from "../wire/wire_tensors.ts";

/** A use case may take so long to say goodbye. */
const disposeTimeoutMs = 1000;

/** What a {@link GuestHost} is made of. */
export interface GuestHostOptions {
  readonly name: string;
  readonly request: UseCaseRequest;
  readonly logger: Logger;
  /** Brings a guest to life and has the use case made. */
  open(onEnd: (error: UseCaseError) => void): Promise<{
    readonly session: GuestSession;
    readonly ready: ReadyMessage;
  }>;
}

/** Answers a stream's calls through a guest. */
export class GuestHost implements UseCaseHost {
  readonly name: string;
  readonly #options: GuestHostOptions;
  readonly #ready: ReadyMessage;
  readonly #plan: InputPlan;
  readonly #backoff = new Backoff();
  #session: GuestSession | null;
  #restarting: Promise<void> | null = null;
  #disposed = false;
  readonly visualize?: (picture: Picture, analysis: Analysis) => Promise<void>;

  private constructor(options: GuestHostOptions, session: GuestSession, ready: ReadyMessage) {
    const { name, request: { model, binaryInput } } = options;
    this.name = name;
    this.#options = options;
    this.#session = session;
    this.#ready = ready;
    this.#plan = planFor(ready.input, ready.hasPreprocess, model, binaryInput);
    if (ready.hasVisualize) this.visualize = (...args) => this.#visualize(...args);
  }

  /**
   * Makes a use case for one stream.
   * @throws {UseCaseError} when the plugin refuses, breaks the contract or cannot feed the model.
   */
  static async open(options: GuestHostOptions): Promise<GuestHost> {
    let host: GuestHost | undefined;
    const { session, ready } = await options.open((error) => {
      if (host !== undefined) host.#died(error);
    });
    try {
      return host = new GuestHost(options, session, ready);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  get format() {
    return this.#plan.format;
  }

  preprocess(frame: Frame): Tensors | Promise<Tensors | null> {
    // Without a preprocess of its own the plugin sees no pixels, and none are moved.
    if (!this.#ready.hasPreprocess) {
      this.#living();
      return this.#plan.pack(frame);
    }
    const { data, ...info } = frame;
    return this.#living().call(
      { type: "preprocess", frame: info },
      [own(data)],
      ({ tensors, buffers }) => tensors === null ? null : fromWire(tensors, buffers),
    );
  }

  release(inputs: Tensors): void {
    if (!this.#ready.hasPreprocess) this.#plan.release?.(inputs);
  }

  postprocess(outputs: Tensors, frame: FrameInfo): Promise<Analysis> {
    const session = this.#living();
    const { headers, buffers } = toWire(outputs);
    return session.call(
      { type: "postprocess", frame, tensors: headers },
      buffers,
      ({ analysis }) => {
        const checked = checkAnalysis(analysis);
        this.#backoff.succeeded();
        return checked;
      },
    );
  }

  async #visualize({ width, height, data }: Picture, analysis: Analysis): Promise<void> {
    // A copy goes, since whoever draws keeps the picture in any case.
    const drawn = await this.#living().call(
      { type: "visualize", width, height, analysis },
      [new Uint8Array(data)],
      ({ buffers }) => buffers[0],
    );
    if (drawn?.byteLength !== data.byteLength) {
      throw new UseCaseError(`Cannot use the picture: its size was changed by ${this.name}`);
    }
    data.set(drawn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#backoff.cancel();
    await this.#restarting;
    const session = this.#session;
    this.#session = null;
    if (session === null) return;
    let timer;
    await Promise.race([
      session.call({ type: "dispose" }, [], () => {}).catch((error) => {
        this.#options.logger.warning("{words}", { words: (error as Error).message });
      }),
      new Promise((resolve) => timer = setTimeout(resolve, disposeTimeoutMs)),
    ]);
    clearTimeout(timer);
    await session[Symbol.asyncDispose]();
  }

  #living(): GuestSession {
    if (this.#session !== null) return this.#session;
    throw new UseCaseError(`Cannot ask use case ${this.name}: it is about to start again`);
  }

  #died(error: UseCaseError): void {
    this.#session = null;
    if (this.#disposed) return;
    this.#options.logger.error("{words}", { words: error.message });
    this.#restarting = this.#restart();
  }

  /** Waits, then tries until it succeeds. Never throws. */
  async #restart(): Promise<void> {
    const { logger, open } = this.#options;
    while (!this.#disposed) {
      const waitedMs = await this.#backoff.wait();
      if (this.#disposed) return;
      try {
        const { session } = await open((error) => this.#died(error));
        this.#session = session;
        this.#options.request.onRestart?.();
        logger.warning("It started again after {waitedMs} ms, without what it remembered", {
          waitedMs,
        });
        return;
      } catch (error) {
        logger.error("It cannot start again: {words}", { words: (error as Error).message });
      }
    }
  }
}
