/** Messages between an embedded ONNX model and the worker that runs it. */

import type { TensorSpec } from "../../frame/model.ts";
import type { DataType } from "../../frame/tensor.ts";

/** A tensor whose elements are bytes that can be transferred. */
export interface WireTensor {
  readonly name: string;
  readonly datatype: DataType;
  readonly shape: readonly number[];
  /** As `encodeTensor` lays them out. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Requests; the worker answers them one after the other. */
export type ToWorker =
  | { readonly type: "load"; readonly path: string; readonly threads: number }
  | { readonly type: "run"; readonly id: number; readonly inputs: readonly WireTensor[] };

/** Answers; `id` is the request's, null for `load`; `memory` is the request's, given back. */
export type FromWorker =
  | {
    readonly type: "loaded";
    readonly inputs: readonly TensorSpec[];
    readonly outputs: readonly TensorSpec[];
  }
  | {
    readonly type: "done";
    readonly id: number;
    readonly outputs: readonly WireTensor[];
    readonly memory: readonly ArrayBuffer[];
  }
  | {
    readonly type: "failed";
    readonly id: number | null;
    readonly message: string;
    readonly memory: readonly ArrayBuffer[];
  };
