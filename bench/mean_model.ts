import { encodeOnnx } from "../tests/support/onnx_model.ts";

/**
 * Writes a model that tells the mean of 300×300 pictures, next to nothing to compute; returns its
 * path. `batch` is how many it takes at once, `"n"` any number.
 */
export async function writeMeanModel(batch: 1 | "n"): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".onnx" });
  const model = encodeOnnx({
    inputs: { image: ["UINT8", [batch, 300, 300, 3]] },
    outputs: { mean: ["FP32", [batch]] },
    nodes: [
      // 1 = FP32, in ONNX's numbers.
      { op: "Cast", inputs: ["image"], outputs: ["floats"], attributes: { to: 1 } },
      {
        op: "ReduceMean",
        inputs: ["floats"],
        outputs: ["mean"],
        attributes: { axes: [1, 2, 3], keepdims: 0 },
      },
    ],
  });
  await Deno.writeFile(path, model);
  return path;
}
