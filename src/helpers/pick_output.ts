import type { Tensor, Tensors } from "../frame/tensor.ts";

/**
 * Which of a model's outputs is meant: its name, or its shape with −1 where any extent will do.
 * Omitted: the only one.
 */
export type OutputChoice = string | readonly number[];

/**
 * The output that is meant, with its `shape`, `datatype` and `data`.
 *
 * ```ts
 * import { pickOutput } from "./mod.ts";
 *
 * const outputs = {
 *   boxes: { datatype: "FP32", shape: [1, 2, 4], data: new Float32Array(8) },
 *   scores: { datatype: "FP32", shape: [1, 2], data: Float32Array.of(0.9, 0.4) },
 * } as const;
 * const boxes = pickOutput(outputs, [1, -1, 4]);
 * if (boxes !== outputs.boxes) throw new Error("found by shape");
 * ```
 *
 * @throws {TypeError} naming the outputs there are, when none or more than one fits.
 */
export function pickOutput(outputs: Tensors, choice?: OutputChoice): Tensor {
  const fitting = Object.entries(outputs).filter(([name, { shape }]) =>
    choice === undefined || (typeof choice === "string" ? name === choice : fits(shape, choice))
  );
  const [first] = fitting;
  if (first && fitting.length === 1) return first[1];
  const wanted = choice === undefined
    ? "the only output"
    : typeof choice === "string"
    ? `output "${choice}"`
    : `the output of shape [${choice}]`;
  const names = Object.entries(outputs).map(([name, { datatype, shape }]) =>
    `"${name}" (${datatype} [${shape}])`
  );
  throw new TypeError(
    `Cannot pick ${wanted}: the model has ${names.join(", ") || "no outputs"}`,
  );
}

function fits(shape: readonly number[], pattern: readonly number[]): boolean {
  return shape.length === pattern.length &&
    pattern.every((extent, at) => extent === -1 || extent === shape[at]);
}
