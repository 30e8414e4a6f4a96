import type { Tensors } from "../frame/tensor.ts";
import { type OutputChoice, pickOutput } from "./pick_output.ts";

/**
 * The numbers of an output in row-major order: as they are when the output is FP32, else converted
 * (FP16, FP64, integers, and booleans as 0 and 1; integers above 2^24 are rounded).
 *
 * ```ts
 * import { floats } from "./mod.ts";
 *
 * const outputs = {
 *   scores: { datatype: "FP32", shape: [1, 3], data: Float32Array.of(0.1, 0.7, 0.2) },
 * } as const;
 * const scores = floats(outputs); // there is only one; else floats(outputs, "scores")
 * if (scores.length !== 3) throw new Error("three classes");
 * ```
 *
 * @throws {TypeError} when no or more than one output fits, or it holds byte strings.
 */
export function floats(outputs: Tensors, choice?: OutputChoice): Float32Array {
  const { data, datatype, shape } = pickOutput(outputs, choice);
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Float32Array.from(data, Number);
  }
  if (ArrayBuffer.isView(data)) return new Float32Array(data);
  throw new TypeError(
    `Cannot read output ${datatype} [${shape}] as numbers: it holds byte strings`,
  );
}
