/** In place of a model: a pass-through, whose outputs are the inputs. */

import { type ModelMetadata, noModelName } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import type { Inference, InferOptions } from "./inference.ts";

/** What a stream's status has for its model where none is asked. */
export const noModelDescription = "no model";

/** Answers each request with its own inputs, for use cases that need no model. */
export class NoModel implements Inference {
  readonly description = noModelDescription;

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
