/** The inference seam: tensors in, tensors out. It knows nothing of detections. */

import type { ModelMetadata } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import { shorten } from "../log/shorten.ts";

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
  [Symbol.asyncDispose](): Promise<void>;
}

/** Why a request failed. */
export type InferenceReason =
  | "unavailable"
  | "unauthorized"
  | "model_not_found"
  | "invalid_input"
  | "too_large"
  | "timeout"
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
