/** A model that takes any number of pictures: what it answers tells which picture came. */

import { encodeOnnx } from "./onnx_model.ts";

/** Pixels. */
export const batchHeight = 16;
/** Pixels. */
export const batchWidth = 48;

/** The pictures themselves, and the mean of each, as an ONNX file. */
export function batchModel(): Uint8Array {
  const shape = ["n", batchHeight, batchWidth, 3];
  return encodeOnnx({
    inputs: { picture: ["UINT8", shape] },
    outputs: { echo: ["UINT8", shape], mean: ["FP32", ["n"]] },
    nodes: [
      { op: "Identity", inputs: ["picture"], outputs: ["echo"] },
      // 1 = FP32, in ONNX's numbers.
      { op: "Cast", inputs: ["picture"], outputs: ["floats"], attributes: { to: 1 } },
      {
        op: "ReduceMean",
        inputs: ["floats"],
        outputs: ["mean"],
        attributes: { axes: [1, 2, 3], keepdims: 0 },
      },
    ],
  });
}
