/** The inference seam: tensors in, tensors out. It knows nothing of detections. */

import type { Logger } from "@logtape/logtape";
import type { GraphStreamInfo, ModelMetadata } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import { shorten } from "../log/shorten.ts";

/** Which model answers. */
export type InferenceConfig = ModelServerConfig | OnnxConfig | NoModelConfig;

/** A model behind a model server. */
export interface ModelServerConfig {
  readonly kind: "server";
  /** `grpc://host:port`, `grpcs://host:port`, `http://…` or `https://…`: always with a scheme. */
  readonly url: string;
  readonly modelName: string;
  /** 0 = the latest. */
  readonly modelVersion: number;
  /** Of one of the protocols; `auto` = the first that the server speaks. */
  readonly api: string;
  /** What a graph is told as it begins. */
  readonly sidePackets: Readonly<Record<string, string | number | boolean>>;
  readonly timeoutMs: number;
  readonly tls: TlsConfig;
}

/** PEM files for TLS; null = the system's roots, no client certificate. */
export interface TlsConfig {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

/** A model run in this process. */
export interface OnnxConfig {
  readonly kind: "onnx";
  readonly path: string;
  readonly timeoutMs: number;
}

/** No model: what the use case prepares is what it gets. */
export interface NoModelConfig {
  readonly kind: "none";
}

/** Settings of one request. */
export interface InferOptions {
  /** Gives up the request: at a frame's deadline, or at the end. */
  readonly signal?: AbortSignal;
  /** A permit that was acquired beforehand; without it, the request waits for one of its own. */
  readonly permit?: Permit;
}

/** Allows one request to a model that streams share; dispose of it once that is answered. */
export type Permit = Disposable;

/** A model somewhere: on a model server, or in this process. Safe to call many times at once. */
export interface Inference {
  /** Where the model is, for log lines; never holds a password. */
  readonly description: string;
  /** Whether it runs in this process; absent: on a model server. */
  readonly embedded?: boolean;
  /** @throws {InferenceError} */
  metadata(options?: InferOptions): Promise<ModelMetadata>;
  /** Whether a request would be served now. Never throws: an absent server is not ready. */
  ready(options?: InferOptions): Promise<boolean>;
  /**
   * Waits until the model has room for one more request, fairly among the streams that ask it. A
   * caller that acquires the permit before it chooses what to send, sends the newest there is.
   * Absent: there is always room.
   * @throws {InferenceError} `cancelled`
   */
  acquire?(options?: InferOptions): Promise<Permit>;
  /**
   * Runs the model once. The inputs stay as they are until it has ended, one way or another: they
   * may be on their way all the time.
   * @throws {InferenceError}
   */
  infer(inputs: Tensors, options?: InferOptions): Promise<Tensors>;
  /**
   * A conversation with the model for one camera, whose frames all go to the same graph. Absent, or
   * null: requests stand each by itself. Nothing is sent yet.
   * @throws {InferenceError}
   */
  session?(options: SessionOptions): Promise<InferenceSession | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a session is opened with. */
export interface SessionOptions {
  /** Whether the use case asks for one; without, there is one only where the settings say so. */
  readonly asked: boolean;
  /** Outputs that a result needs; null = all that the model names. */
  readonly outputs: readonly string[] | null;
  /** A frame that is older is given up by the stream; null = never. */
  readonly maxAgeMs: number | null;
  readonly logger: Logger;
  /** Counts what the graph sends; goes on over sessions. */
  readonly counts: SessionCounts;
}

/** What a graph sent, output by output, and how often it was turned to. */
export interface SessionCounts {
  /** Streams that were opened. */
  sessions: number;
  /** Became part of a result. */
  joined: number;
  /** Their frame had ended without them. */
  late: number;
  /** Their frame had them already. */
  repeated: number;
  /** Of no frame that was sent. */
  unasked: number;
  /** An error in place of outputs. */
  error: number;
}

/** Counts of a graph that has sent nothing. */
export function noSessionCounts(): SessionCounts {
  return { sessions: 0, joined: 0, late: 0, repeated: 0, unasked: 0, error: 0 };
}

/** A conversation with a graph, for one camera. Safe to use many times at once. */
export interface InferenceSession {
  /**
   * Sends a frame's inputs, which stay as they are until this has ended. Frames are told apart by
   * the time of their capture, in milliseconds since 1970: the caller asks in their order.
   * @throws {InferenceError} `no_answer` when the graph has gone on without answering this one
   */
  infer(inputs: Tensors, capturedAtMs: number, signal?: AbortSignal): Promise<SessionAnswer>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a graph said of one frame. */
export interface SessionAnswer {
  readonly outputs: Tensors;
  /** The same object for all answers of one stream. */
  readonly stream: GraphStreamInfo;
}

/** Why a request failed. */
export type InferenceReason =
  | "unavailable"
  | "unauthorized"
  | "model_not_found"
  | "invalid_input"
  | "too_large"
  | "timeout"
  | "no_answer"
  | "cancelled"
  | "unsupported"
  | "server_error";

/** Characters of a message at most; names and shapes in it are the server's, and may be of any length. */
const longestMessage = 1000;

/** A request that failed: the server's words, and what to do about them. */
export class InferenceError extends Error {
  override readonly name = "InferenceError";
  constructor(
    readonly reason: InferenceReason,
    message: string,
    /** What the operator can do about it, one sentence; empty when there is nothing to say. */
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(shorten(message, longestMessage), options);
  }
}
