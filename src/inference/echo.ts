/** No model at all: the answer is what was asked. */

import { type ModelMetadata, noModelName } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import type { Inference, InferOptions } from "./inference.ts";

/** Stands where a model would: what a use case prepares is what it gets. */
export class Echo implements Inference {
  readonly description = "no model";

  metadata(_options?: InferOptions): Promise<ModelMetadata> {
    return Promise.resolve({ name: noModelName, inputs: [], outputs: [] });
  }

  ready(_options?: InferOptions): Promise<boolean> {
    return Promise.resolve(true);
  }

  infer(inputs: Tensors, _options?: InferOptions): Promise<Tensors> {
    return Promise.resolve(inputs);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
