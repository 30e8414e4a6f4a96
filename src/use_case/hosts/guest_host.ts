/** The host of one use case in a guest, which is started again when it ends. */

import type { Logger } from "@logtape/logtape";
import { backoffMs, pause } from "../../backoff.ts";
import type { Analysis } from "../../frame/analysis.ts";
import type { Frame, FrameInfo } from "../../frame/frame.ts";
import type { GraphStreamInfo, ModelMetadata } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { checkAnalysis } from "../wire/check_analysis.ts";
import type { Ask } from "./guest_session.ts";
import type { OpenInstance } from "./shared_guest.ts";
import type { UseCaseHost, UseCaseRequest } from "../host.ts";
import type { InputPlan } from "../input/input_plan.ts";
import type { ReadyMessage } from "../wire/messages.ts";
import { planFor } from "../input/plan_for.ts";
import type { Picture } from "../use_case.ts";
import { UseCaseError } from "../use_case_error.ts";
import { fromWire, own, toWire } from "../wire/wire_tensors.ts";

/** A use case may take so long in `dispose()`. */
const disposeTimeoutMs = 1000;

/** Shorter than for a camera: a guest is on this machine. */
const firstRestartMs = 250;
/** So many frames in a row are a success. */
const framesForSuccess = 100;

/** What a {@link GuestHost} is made of. */
export interface GuestHostOptions {
  readonly name: string;
  readonly request: UseCaseRequest;
  readonly logger: Logger;
  /** For each call. */
  readonly timeoutMs: number;
  /** Has the use case made, in a guest that may have others. */
  open(onEnd: () => void): Promise<OpenInstance>;
}

/** Answers a stream's calls through a guest. */
export class GuestHost implements UseCaseHost {
  readonly name: string;
  readonly #options: GuestHostOptions;
  readonly #ready: ReadyMessage;
  readonly #plan: InputPlan;
  readonly #backoff = new Backoff();
  #open: OpenInstance | null;
  #restarting: Promise<void> | null = null;
  #disposed = false;
  /** The stream that the use case was told of last, which one that starts again has to be told of. */
  #graphStream: GraphStreamInfo | null = null;
  readonly visualize?: (picture: Picture, analysis: Analysis) => Promise<void>;
  readonly session?: (stream: GraphStreamInfo) => Promise<void>;

  private constructor(options: GuestHostOptions, open: OpenInstance) {
    const { name, request: { model, binaryInput } } = options;
    const { ready } = open;
    this.name = name;
    this.#options = options;
    this.#open = open;
    this.#ready = ready;
    this.#plan = planFor(ready.input, ready.hasPreprocess, model, binaryInput);
    checkOutputs(ready.outputs ?? [], model);
    if (ready.hasVisualize) this.visualize = (...args) => this.#visualize(...args);
    if (ready.hasSession) {
      this.session = (stream) => {
        this.#graphStream = stream;
        return this.#call({ type: "session", stream }, [], () => undefined);
      };
    }
  }

  /**
   * Makes a use case for one stream.
   * @throws {UseCaseError} when the plugin refuses, breaks the contract or cannot feed the model.
   */
  static async open(options: GuestHostOptions): Promise<GuestHost> {
    const { promise: host, resolve } = Promise.withResolvers<GuestHost>();
    const open = await options.open(() => host.then((made) => made.#died()));
    try {
      const made = new GuestHost(options, open);
      resolve(made);
      return made;
    } catch (error) {
      await open.session.leave(open.instance);
      throw error;
    }
  }

  get format() {
    return this.#plan.format;
  }

  get outputs() {
    return this.#ready.outputs;
  }

  preprocess(frame: Frame): Tensors | Promise<Tensors | null> {
    // Without a preprocess of its own the plugin sees no pixels, and none are moved.
    if (!this.#ready.hasPreprocess) {
      this.#living();
      return this.#plan.pack(frame);
    }
    const { data, ...info } = frame;
    return this.#call(
      { type: "preprocess", frame: info },
      [own(data)],
      ({ tensors, buffers }) => tensors === null ? null : fromWire(tensors, buffers),
    );
  }

  release(inputs: Tensors): void {
    if (!this.#ready.hasPreprocess) this.#plan.release?.(inputs);
  }

  postprocess(outputs: Tensors, frame: FrameInfo): Promise<Analysis> {
    this.#living();
    const { headers, buffers } = toWire(outputs);
    return this.#call(
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
    // A copy goes, since the live view keeps the picture in any case.
    const drawn = await this.#call(
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
    const open = this.#open;
    this.#open = null;
    if (open === null) return;
    const { session, instance } = open;
    const { logger, timeoutMs } = this.#options;
    const limitMs = Math.min(timeoutMs, disposeTimeoutMs);
    let timer;
    const outcome = await Promise.race([
      session.call(instance, { type: "dispose" }, [], () => null)
        .catch((error: UseCaseError) => error),
      new Promise((resolve) => timer = setTimeout(resolve, limitMs, "late")),
    ]);
    clearTimeout(timer);
    if (outcome === "late") {
      logger.warn("It took longer than {limitMs} ms in dispose()", { limitMs });
    } else if (outcome !== null) {
      const { message: reason, trace } = outcome as UseCaseError;
      const where = trace.map((place) => `, at ${place}`).join("");
      logger.warn("It failed in dispose(): {reason}{where}", { reason, where });
    }
    await session.leave(instance);
  }

  #call<T>(...args: Parameters<Ask<T>>): Promise<T> {
    const { session, instance } = this.#living();
    return session.call(instance, ...args);
  }

  async #tellAgain({ session, instance, ready }: OpenInstance): Promise<void> {
    const stream = this.#graphStream;
    if (stream === null || !ready.hasSession) return;
    await session.call(instance, { type: "session", stream }, [], () => undefined).catch(
      (error) => {
        this.#options.logger.error("It cannot be told of the stream again: {words}", {
          words: (error as Error).message,
        });
      },
    );
  }

  #living(): OpenInstance {
    if (this.#open !== null) return this.#open;
    throw new UseCaseError(`Cannot ask use case ${this.name}: it is about to start again`);
  }

  #died(): void {
    // What ends before it is taken over is found out then.
    if (this.#open === null) return;
    this.#open = null;
    if (!this.#disposed) this.#restarting = this.#restart();
  }

  /** Waits, then tries until it succeeds. Never throws. */
  async #restart(): Promise<void> {
    const { logger, open, request } = this.#options;
    while (!this.#disposed) {
      await this.#backoff.wait();
      if (this.#disposed) return;
      try {
        const opened = await open(() => this.#died());
        await this.#tellAgain(opened);
        if (!opened.session.isAlive) continue;
        this.#open = opened;
        request.onRestart?.();
        return;
      } catch (error) {
        logger.error("It cannot start again: {words}", { words: (error as Error).message });
      }
    }
  }
}

/** Refuses to wait for an output that never comes. */
function checkOutputs(needed: readonly string[], { name, outputs }: ModelMetadata): void {
  const known = outputs.map((output) => `"${output.name}"`);
  for (const output of needed) {
    if (known.length === 0 || known.includes(`"${output}"`)) continue;
    throw new UseCaseError(
      `Cannot wait for output "${output}" of model "${name}": it has ${known.join(", ")}`,
    );
  }
}

/** Doubles the wait after each start, until the guest has proved itself. */
class Backoff {
  readonly #end = new AbortController();
  #inRow = 0;
  #successes = 0;

  /** Resolves to the milliseconds that were waited. */
  async wait(): Promise<number> {
    this.#successes = 0;
    const waitMs = backoffMs(++this.#inRow, { firstMs: firstRestartMs });
    await pause(waitMs, this.#end.signal);
    return waitMs;
  }

  /** A frame was answered. */
  succeeded(): void {
    if (++this.#successes >= framesForSuccess) this.#inRow = 0;
  }

  /** Ends the current wait, and every later one at once. */
  cancel(): void {
    this.#end.abort();
  }
}
