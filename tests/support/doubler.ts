/** A model that doubles its input, and requests to it that are joined. */

import { getLogger } from "@logtape/logtape";
import type { ModelMetadata } from "../../src/frame/model.ts";
import type { Tensors } from "../../src/frame/tensor.ts";
import { Batcher, type BatcherOptions } from "../../src/inference/sharing/batcher.ts";
import {
  type Inference,
  InferenceError,
  type InferOptions,
} from "../../src/inference/inference.ts";

/** The batcher learns a moment after the answers are there. */
export function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Requests to the model are joined as the options say. */
export function open(
  model: Inference,
  options: Pick<BatcherOptions, "maxSize"> & Partial<BatcherOptions>,
  known = metadata([-1, -1]),
): Batcher {
  const batcher = new Batcher({
    maxWaitMs: 1,
    maxInFlight: 8,
    logger: getLogger(["test"]),
    onActive: () => {},
    ...options,
    model,
  });
  batcher.learn(known);
  return batcher;
}

/** What the model says of itself. */
export function metadata(shape: readonly number[]): ModelMetadata {
  return {
    name: "doubler",
    inputs: [{ name: "x", datatype: "FP32", shape }],
    outputs: [{ name: "y", datatype: "FP32", shape }],
  };
}

/** An input of rows. */
export function floats(...rows: readonly number[][]): Tensors {
  const data = Float32Array.from(rows.flat());
  return { x: { datatype: "FP32", shape: [rows.length, 1], data } };
}

/** As when the model does not take an input. */
export function refusal(): InferenceError {
  return new InferenceError("invalid_input", "Cannot run the model: no", "");
}

/** Answers with twice the input, and remembers what it was asked. */
export class Doubler implements Inference {
  readonly description = "doubler";
  readonly shapes: (readonly number[])[] = [];
  failure: (inputs: Tensors) => InferenceError | null = () => null;
  aborted = 0;
  #gate = Promise.withResolvers<void>();
  #seen = Promise.withResolvers<void>();

  constructor({ held = false } = {}) {
    if (!held) this.release();
  }

  hold(): void {
    this.#gate = Promise.withResolvers();
  }

  release(): void {
    this.#gate.resolve();
  }

  async arrived(count: number): Promise<void> {
    while (this.shapes.length < count) await this.#seen.promise;
  }

  async infer(inputs: Tensors, { signal }: InferOptions = {}): Promise<Tensors> {
    const { shape, data } = inputs["x"]!;
    this.shapes.push(shape);
    this.#seen.resolve();
    this.#seen = Promise.withResolvers();
    const aborted = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => {
      this.aborted++;
      aborted.reject(new InferenceError("cancelled", "given up", ""));
    }, { once: true });
    await Promise.race([this.#gate.promise, aborted.promise]);
    const failure = this.failure(inputs);
    if (failure) throw failure;
    const doubled = (data as Float32Array).map((value) => 2 * value);
    return { y: { datatype: "FP32", shape, data: doubled } };
  }

  metadata(): Promise<ModelMetadata> {
    return Promise.resolve(metadata([-1, -1]));
  }

  ready(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
