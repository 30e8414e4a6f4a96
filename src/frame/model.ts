/** A model's metadata. */

import { isDeepStrictEqual } from "node:util";
import type { DataType } from "./tensor.ts";

/** Name, type and shape of one input or output of a model. */
export interface TensorSpec {
  /** As the model calls it. */
  readonly name: string;
  /** Type of one element. */
  readonly datatype: DataType;
  /** Extent of each dimension, −1 where any will do. */
  readonly shape: readonly number[];
}

/** What is said of a model where there is none. */
export const noModelName = "none";

/** Names, types and shapes of everything that goes into a model and comes out of it. */
export interface ModelMetadata {
  /** As the server, or the file, calls it. */
  readonly name: string;
  /** The version that serves; absent when the backend has none. */
  readonly version?: string;
  /** In the model's own order. */
  readonly inputs: readonly TensorSpec[];
  /** In the model's own order. */
  readonly outputs: readonly TensorSpec[];
  /**
   * A graph of a model server, which names its inputs and outputs and nothing else: their shapes are
   * given as empty, their types as UINT8.
   */
  readonly graph?: true;
  /** Names of the classes by their numbers, where the model itself tells them. */
  readonly labels?: readonly string[];
  /** What its author wrote into it, such as ultralytics' `task`; absent when nothing is known. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** One stream of requests to a graph, which keeps its state for as long as the stream lasts. */
export interface GraphStreamInfo {
  /** 1 for the first of a camera, then counted up each time it had to be opened again. */
  readonly number: number;
  /**
   * What the graph remembers as the stream begins: `fresh`, nothing; `pooled`, what it was last used
   * for, perhaps with another camera; `unknown`: the server does not tell.
   */
  readonly state: "fresh" | "pooled" | "unknown";
}

/** Whether a model says the same of itself as before; null: nothing is known of it yet. */
export function isSameModel(before: ModelMetadata | null, model: object): boolean {
  return isDeepStrictEqual(before, model);
}
