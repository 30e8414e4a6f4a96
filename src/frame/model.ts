/** What a model says of itself. */

import type { DataType } from "./tensor.ts";

/** Name, type and shape of one input or output of a model. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: DataType;
  /** Extent of each dimension, −1 where any will do. */
  readonly shape: readonly number[];
}

/** Names, types and shapes of everything that goes into a model and comes out of it. */
export interface ModelMetadata {
  readonly name: string;
  /** The version that serves; absent when the backend has none. */
  readonly version?: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}
