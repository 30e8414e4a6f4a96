/** A camera's conversation with a graph: the stream of the moment, and the next when it has ended. */

import { backoffMs } from "../../backoff.ts";
import { Deadlines } from "../../deadlines.ts";
import type { ModelMetadata } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { cancelledBy, serverFailure } from "../failure.ts";
import { GrpcChannel } from "../transport/grpc_channel.ts";
import {
  InferenceError,
  type InferenceSession,
  type ModelServerConfig,
  type SessionAnswer,
  type SessionOptions,
} from "../inference.ts";
import { ModelInferDecoder, type ModelInferResponse } from "../kserve/kserve_answer.ts";
import { ModelInferEncoder, type ModelInferTarget } from "../kserve/kserve_request.ts";
import { waitFor } from "../wait.ts";
import { askForLast, type SidePackets } from "./message.ts";
import { type FrameUnderWay, GraphStream, isSidePacketRefusal } from "./graph_stream.ts";

/**
 * Bytes that the server may send ahead of being allowed more. Not as many as can be: so it is
 * allowed more every few seconds, and not for the first time after an hour.
 */
const streamWindow = 16 * 2 ** 20;
/** Backoff between two streams: results are wanted as soon as the server is there again. */
const openingBackoff = { firstMs: 50, maxMs: 250 };
/** A server that has sent nothing for so long is asked for a sign of life. */
const silentMs = 3_000;
/** After its half of the stream was ended, the server may take so long for its own. */
const closingMs = 500;

/** Asks one graph for one camera, over a connection of its own: no other camera's pictures are in the way. */
export class GraphSession implements InferenceSession {
  readonly #config: ModelServerConfig;
  readonly #path: string;
  readonly #named: readonly string[];
  readonly #parameters: SidePackets;
  readonly #options: SessionOptions;
  readonly #encoder: ModelInferEncoder;
  readonly #decoder: ModelInferDecoder;
  readonly #host: string;
  readonly #deadlines = new Deadlines();
  #channel: Promise<GrpcChannel> | undefined;
  #stream: GraphStream | undefined;
  #opening: Promise<GraphStream> | undefined;
  /** Those that take no new frames, and may still answer. */
  readonly #retired = new Set<GraphStream>();
  #opened = 0;
  #isPooled = false;
  #lastUs = 0;
  #failuresInRow = 0;
  #notBeforeMs = 0;
  #failure: InferenceError | undefined;
  #closed = false;
  #toldOfUnasked = false;

  /**
   * `path`: of the method, such as `/inference.GRPCInferenceService/ModelStreamInfer`; `deserialize`
   * reads any `ModelInferResponse` whatever; `model`: the graph, if it was asked what it is.
   */
  constructor(
    config: ModelServerConfig,
    target: ModelInferTarget,
    path: string,
    deserialize: (message: Uint8Array) => ModelInferResponse,
    model: ModelMetadata | null,
    options: SessionOptions,
  ) {
    this.#config = config;
    this.#path = path;
    this.#named = model?.outputs.map(({ name }) => name) ?? [];
    // What has types is no graph of OVMS, which would take it for a side packet.
    this.#parameters = model === null || model.graph ? {} : askForLast;
    this.#options = options;
    this.#encoder = new ModelInferEncoder(target);
    this.#decoder = new ModelInferDecoder(deserialize);
    this.#host = new URL(config.url).host;
  }

  async infer(
    inputs: Tensors,
    capturedAtMs: number,
    signal?: AbortSignal,
  ): Promise<SessionAnswer> {
    if (signal?.aborted) throw cancelledBy(signal);
    const stream = this.#stream ?? await this.#opensWithin(signal);
    const frame = stream.ask(inputs, this.#timestampOf(capturedAtMs));
    const giveUp = (reason: Error) => {
      frame.stream.giveUp(frame, reason);
      frame.stream.checkAlive(silentMs);
    };
    const onAbort = () => giveUp(cancelledBy(signal!));
    signal?.addEventListener("abort", onAbort);
    const { maxAgeMs } = this.#options;
    const { timeoutMs } = this.#config;
    // What is there by then goes on by itself: an output that comes seldom keeps no frame waiting.
    const joiningMs = maxAgeMs === null ? timeoutMs / 2 : capturedAtMs + maxAgeMs / 2 - Date.now();
    const joined = this.#deadlines.watch(
      Math.min(timeoutMs / 2, Math.max(0, joiningMs)),
      () => frame.stream.takeAny(frame),
    );
    const late = this.#deadlines.watch(timeoutMs, () => giveUp(this.#unanswered(timeoutMs)));
    try {
      const outputs = await frame.asked.answer;
      return { outputs, stream: frame.stream.info };
    } finally {
      frame.stream.withdraw(frame);
      this.#deadlines.meet(joined);
      this.#deadlines.meet(late);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const channel = await this.#channel?.catch(() => undefined);
    const streams = [...this.#retired, ...this.#stream ? [this.#stream] : []];
    if (streams.length > 0) {
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, closingMs);
      const closed = Promise.all(streams.map((stream) => stream.close()));
      await Promise.race([closed, patience.promise]);
      clearTimeout(timer);
    }
    channel?.[Symbol.dispose]();
    this.#deadlines[Symbol.dispose]();
  }

  #unanswered(timeoutMs: number): InferenceError {
    const words = `the graph did not answer a frame within ${timeoutMs} ms`;
    return serverFailure("no_answer", this.#host, words);
  }

  /** The time of capture in microseconds, higher than all before, whatever the clock was set to. */
  #timestampOf(capturedAtMs: number): number {
    return this.#lastUs = Math.max(this.#lastUs + 1, Math.round(capturedAtMs * 1000));
  }

  /** The stream that is open, or opened now. @throws {InferenceError} at once while there is a backoff */
  async #opensWithin(signal: AbortSignal | undefined): Promise<GraphStream> {
    if (this.#closed) {
      throw new InferenceError("cancelled", "Cannot ask a graph: it was closed", "");
    }
    if (this.#opening === undefined && performance.now() < this.#notBeforeMs) throw this.#failure!;
    this.#opening ??= this.#open().finally(() => this.#opening = undefined);
    return await waitFor(this.#opening, { signal });
  }

  async #open(): Promise<GraphStream> {
    const { counts, outputs: needed } = this.#options;
    const config = this.#config;
    const stream: GraphStream = new GraphStream({
      ...{ number: this.#opened + 1, named: this.#named, needed, counts, isPooled: this.#isPooled },
      ...{ encoder: this.#encoder, decoder: this.#decoder, host: this.#host },
      sidePackets: this.#isPooled ? {} : config.sidePackets,
      parameters: this.#parameters,
      onAnswer: () => {
        this.#failuresInRow = 0;
      },
      onUnasked: () => this.#tellOfUnasked(),
      onRetire: (retired) => this.#retire(retired),
      onEnd: (ended, failure, unheeded) => this.#ended(ended, failure, unheeded),
    });
    try {
      this.#channel ??= GrpcChannel.open(config.url, config.tls, streamWindow);
      const channel = await this.#channel;
      stream.begin(await channel.stream(this.#path, stream.events, config.timeoutMs));
    } catch (error) {
      this.#failed(error as InferenceError);
      throw error;
    }
    // The connection may have ended in this very moment.
    if (stream.isOver) throw this.#failure!;
    if (this.#opened++ === 0) {
      const { modelName: name } = config;
      this.#options.logger.info("The graph {name} is asked in a stream of this camera's own", {
        name,
      });
    }
    counts.sessions++;
    return this.#stream = stream;
  }

  /** The books alone would leave an operator without results to guess at this. */
  #tellOfUnasked(): void {
    if (this.#toldOfUnasked) return;
    this.#toldOfUnasked = true;
    this.#options.logger.warn(
      "The graph {name} sends outputs with timestamps that it was not sent, which are no frame's: " +
        "they are left out, and counted as unasked",
      { name: this.#config.modelName },
    );
  }

  #failed(failure: InferenceError): void {
    this.#failure = failure;
    this.#notBeforeMs = performance.now() + backoffMs(++this.#failuresInRow, openingBackoff);
  }

  /** Frames from now on go to another stream; the graph ends this one once it has done its work. */
  #retire(stream: GraphStream): void {
    if (this.#stream === stream) this.#stream = undefined;
    this.#retired.add(stream);
    void stream.close();
  }

  #ended(stream: GraphStream, failure: InferenceError, unheeded: readonly FrameUnderWay[]): void {
    const wasRetired = this.#retired.delete(stream);
    if (this.#stream === stream) this.#stream = undefined;
    if (wasRetired || this.#closed) return endAll(unheeded, failure);
    if (unheeded.length === 0) return this.#failed(failure);
    if (isSidePacketRefusal(failure)) {
      this.#isPooled = true;
      this.#options.logger.warn(
        "The server uses the graph {name} again and again, and refuses side packets for it: it is " +
          "asked without them",
        { name: this.#config.modelName },
      );
    }
    void this.#repeat(unheeded);
  }

  /** Sends frames once more, since the server has done nothing with them. */
  async #repeat(frames: readonly FrameUnderWay[]): Promise<void> {
    try {
      const stream = this.#stream ?? await this.#opensWithin(undefined);
      for (const frame of frames) if (!frame.asked.ended) stream.adopt(frame);
    } catch (error) {
      endAll(frames, error as Error);
    }
  }
}

function endAll(frames: readonly FrameUnderWay[], reason: Error): void {
  for (const { asked } of frames) if (!asked.ended) asked.end(reason);
}
