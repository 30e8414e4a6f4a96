/** Inputs for the model of `conformance_model.ts`. */

import type { Tensors } from "../../src/frame/tensor.ts";

/** Every input, all zeros, as small as it may be. */
export function conformanceTensors(): Tensors {
  return {
    image: { datatype: "UINT8", shape: [1, 4, 6, 3], data: new Uint8Array(72) },
    a: { datatype: "FP32", shape: [1, 3], data: new Float32Array(3) },
    b: { datatype: "FP32", shape: [1, 3], data: new Float32Array(3) },
    ids: { datatype: "INT64", shape: [2], data: new BigInt64Array(2) },
    half: { datatype: "FP16", shape: [4], data: new Float16Array(4) },
    flags: { datatype: "BOOL", shape: [3], data: new Uint8Array(3) },
    load: { datatype: "FP32", shape: [1, 1], data: new Float32Array(1) },
  };
}
