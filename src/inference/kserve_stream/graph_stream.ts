/** One stream of requests to a graph, from its first request to its end. */

import type { GraphStreamInfo } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { serverFailure, unreadable } from "../failure.ts";
import { withTail } from "../transport/grpc_frame.ts";
import { type GrpcStream, type GrpcStreamEvents, isUnprocessed } from "../transport/grpc_stream.ts";
import type { BodyPart } from "../http2/send_windows.ts";
import { InferenceError, type SessionCounts } from "../inference.ts";
import type { ModelInferDecoder } from "../kserve/kserve_answer.ts";
import type { ModelInferEncoder } from "../kserve/kserve_request.ts";
import { AnswerWindow, AskedFrame } from "./answer_window.ts";
import { decodeStreamAnswer, encodeFrameFields, type SidePackets } from "./message.ts";

/** A frame that is at the graph, or on its way there. */
export interface FrameUnderWay {
  readonly asked: AskedFrame;
  readonly inputs: Tensors;
  /** Whether it was sent on another stream before, which did nothing with it. */
  isRepeated: boolean;
  /** In which stream it is. */
  stream: GraphStream;
  message: BodyPart;
}

/** Settings of a {@link GraphStream}. */
export interface GraphStreamOptions {
  /** Counted from 1 over the streams of a camera. */
  readonly number: number;
  /** Go with the first request. */
  readonly sidePackets: SidePackets;
  /** Go with each request. */
  readonly parameters: SidePackets;
  /** Whether the graph is known to be one that is used again and again. */
  readonly isPooled: boolean;
  /** Outputs of the graph; none = it does not say. */
  readonly named: readonly string[];
  /** Outputs that a result needs; null = all. */
  readonly needed: readonly string[] | null;
  readonly counts: SessionCounts;
  readonly encoder: ModelInferEncoder;
  readonly decoder: ModelInferDecoder;
  /** Of the server, for messages. */
  readonly host: string;
  /** The graph has answered a first time. */
  onAnswer(): void;
  /** It sent outputs of no frame that it was sent. */
  onUnasked(): void;
  /** New frames go elsewhere; those that were sent may still be answered. */
  onRetire(stream: GraphStream): void;
  /** It is over; `unheeded`, of which the server has done nothing, may be sent elsewhere. */
  onEnd(stream: GraphStream, failure: InferenceError, unheeded: readonly FrameUnderWay[]): void;
}

/** How OVMS refuses side packets for a graph that is used again and again. */
const refusesSidePackets = /side packets are not supported/i;

/** Frames out, answers in. */
export class GraphStream {
  readonly #options: GraphStreamOptions;
  readonly #window: AnswerWindow;
  readonly #frames = new Map<AskedFrame, FrameUnderWay>();
  readonly #ended = Promise.withResolvers<void>();
  #isOver = false;
  #grpc: GrpcStream | undefined;
  #isFirst = true;
  #hasAnswered = false;
  #info: GraphStreamInfo | undefined;

  constructor(options: GraphStreamOptions) {
    this.#options = options;
    const { named, needed, counts, host } = options;
    const passed = () => {
      const words = "the graph went on to later frames without answering this one";
      return serverFailure("no_answer", host, words);
    };
    this.#window = new AnswerWindow(named, needed, counts, passed);
  }

  /** What is to be given to the call that carries it. */
  get events(): GrpcStreamEvents {
    return {
      onMessage: (message) => this.#receive(message),
      onRetire: () => this.#options.onRetire(this),
      onEnd: (failure) => this.#end(failure),
    };
  }

  /** The call that carries it. */
  begin(grpc: GrpcStream): void {
    this.#grpc = grpc;
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What a use case is told of it. */
  get info(): GraphStreamInfo {
    const { number, isPooled, sidePackets } = this.#options;
    const tookSidePackets = this.#hasAnswered && Object.keys(sidePackets).length > 0;
    return this.#info ??= {
      number,
      state: isPooled ? "pooled" : tookSidePackets ? "fresh" : "unknown",
    };
  }

  /** Sends a frame. @throws {InferenceError} when its inputs are no tensors */
  ask(inputs: Tensors, timestampUs: number): FrameUnderWay {
    const asked = new AskedFrame(timestampUs);
    const message = this.#encode(inputs, timestampUs);
    const frame = { asked, inputs, isRepeated: false, stream: this, message };
    this.#send(frame);
    return frame;
  }

  /** Sends a frame that another stream did nothing with. */
  adopt(frame: FrameUnderWay): void {
    frame.isRepeated = true;
    frame.stream = this;
    frame.message = this.#encode(frame.inputs, frame.asked.timestampUs);
    this.#send(frame);
  }

  /** A frame is not waited for any longer. */
  giveUp(frame: FrameUnderWay, reason: Error): void {
    this.#window.end(frame.asked, reason);
  }

  /** A frame's inputs will not stay: a server may have answered what it was not sent to the end. */
  withdraw({ message }: FrameUnderWay): void {
    this.#grpc?.withdraw(message);
  }

  /** From now on a part of a frame's outputs will do. */
  takeAny({ asked }: FrameUnderWay): void {
    this.#window.takeAny(asked);
  }

  /** Asks for a sign of life of a server that has sent nothing for so long. */
  checkAlive(patienceMs: number): void {
    if (this.#grpc && this.#grpc.silentMs > patienceMs) this.#grpc.ping();
  }

  /** Sends no more. Resolves when the server has ended the stream too. */
  close(): Promise<void> {
    this.#grpc?.close();
    return this.#ended.promise;
  }

  #encode(inputs: Tensors, timestampUs: number): BodyPart {
    const { encoder, sidePackets, parameters } = this.#options;
    const fields = encodeFrameFields(timestampUs, {
      ...this.#isFirst ? sidePackets : {},
      ...parameters,
    });
    const pieces = withTail(encoder.encode(inputs), fields);
    this.#isFirst = false;
    return { pieces };
  }

  #send(frame: FrameUnderWay): void {
    this.#frames.set(frame.asked, frame);
    const forget = () => this.#frames.delete(frame.asked);
    frame.asked.answer.then(forget, forget);
    this.#window.ask(frame.asked);
    this.#grpc!.send(frame.message);
  }

  /** @throws {Error} when the message is none */
  #receive(message: Uint8Array): void {
    const { decoder, host, counts, onAnswer, onUnasked } = this.#options;
    const answer = decodeStreamAnswer(message, decoder);
    const { error, timestampUs, isTimed: inOrder, isLast } = answer;
    if (error !== "") return this.#receiveError(error, timestampUs);
    if (timestampUs === null) throw unreadable(`the answer of ${host}`, "it names no frame");
    if (!this.#hasAnswered) {
      this.#hasAnswered = true;
      onAnswer();
    }
    let outputs: Tensors;
    try {
      outputs = answer.outputs();
    } catch (failure) {
      const { message: words } = failure as Error;
      const isKnown = failure instanceof InferenceError;
      return this.#window.fail(
        timestampUs,
        isKnown ? failure : unreadable(`the answer of ${host}`, words, failure),
      );
    }
    const before = counts.unasked;
    this.#window.receive({ timestampUs, outputs, inOrder });
    if (counts.unasked > before) onUnasked();
    if (isLast) this.#window.finish(timestampUs);
  }

  /** An error costs a frame, and the stream goes on. */
  #receiveError(words: string, timestampUs: number | null): void {
    const { host, counts } = this.#options;
    const failure = serverFailure(reasonOf(words), host, words);
    if (timestampUs === null) return this.#window.failOldest(failure);
    counts.error++;
    this.#window.fail(timestampUs, failure);
  }

  #end(failure: InferenceError | null): void {
    const { host, onEnd } = this.#options;
    const frames = [...this.#frames.values()];
    const reason = failure ?? serverFailure("unavailable", host, "the server ended the stream");
    const isUnheeded = isUnprocessed(failure) || this.#refusedSidePackets(failure);
    const unheeded = isUnheeded ? frames.filter(({ isRepeated }) => !isRepeated) : [];
    const taken = new Set(this.#window.take());
    for (const { asked } of frames) {
      if (!taken.has(asked) || unheeded.some((frame) => frame.asked === asked)) continue;
      asked.end(reason);
    }
    this.#frames.clear();
    this.#isOver = true;
    this.#ended.resolve();
    onEnd(this, reason, unheeded);
  }

  #refusedSidePackets(failure: InferenceError | null): boolean {
    return Object.keys(this.#options.sidePackets).length > 0 && !this.#hasAnswered &&
      isSidePacketRefusal(failure);
  }
}

/** Whether the server says that the graph is one that takes no side packets. */
export function isSidePacketRefusal(failure: InferenceError | null): boolean {
  return failure !== null && refusesSidePackets.test(failure.message);
}

/** Of an error in a stream the server gives words alone. */
function reasonOf(words: string): "invalid_input" | "model_not_found" | "server_error" {
  if (/\bmodel\b.*\bnot found/i.test(words)) return "model_not_found";
  return /^(\[?request[^\]]*\]?\s*)?(invalid|missing input|unexpected)/i.test(words)
    ? "invalid_input"
    : "server_error";
}
