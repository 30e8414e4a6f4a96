/** The checks OVMS makes before it runs a model, in its order and words. */

import type { TensorSpec } from "../frame/model.ts";
import { elementCount, splitByteStrings } from "../inference/codecs.ts";
import { elementBytes, elementTypes } from "./element_types.ts";
import type { Parameters, RequestedOutput, RequestInput } from "./request.ts";
import { ServerError } from "./server_error.ts";

/** @throws {ServerError} */
export function checkInputCount(specs: readonly TensorSpec[], count: number): void {
  if (count > 0 && count === specs.length) return;
  throw new ServerError("number_of_inputs", `Expected: ${specs.length}; Actual: ${count}`);
}

/**
 * Checks what parameters of inputs and outputs ask for: an extension that is not there must be
 * refused, not passed over, as the client would wait for what never comes.
 * @throws {ServerError}
 */
export function checkExtensions(
  inputs: readonly { readonly name: string; readonly parameters?: Parameters | undefined }[],
  outputs: readonly RequestedOutput[],
): void {
  const asks = ({ parameters }: { parameters?: Parameters | undefined }, name: string) =>
    Object.hasOwn(parameters ?? {}, name);
  const input = inputs.find((input) => asks(input, "shared_memory_region"));
  if (input) throw new ServerError("shared_memory", `input name: ${input.name}`);
  for (const output of outputs) {
    const { name } = output;
    if (asks(output, "shared_memory_region")) {
      throw new ServerError("shared_memory", `output name: ${name}`);
    }
    if (asks(output, "classification")) {
      throw new ServerError("class_count", `output name: ${name}`);
    }
  }
}

/**
 * The outputs that are asked for, in the order asked; all of them when none is named.
 * @throws {ServerError}
 */
export function matchOutputs(
  specs: readonly TensorSpec[],
  names: readonly string[],
): readonly TensorSpec[] {
  if (names.length === 0) return specs;
  return [...new Set(names)].map((name) => {
    const spec = specs.find((spec) => spec.name === name);
    if (spec) return spec;
    const known = specs.map(({ name }) => name).join(", ");
    throw new ServerError("unknown_output", `Requested: ${name}; there are: ${known}`);
  });
}

/**
 * Finds the input for each of `specs` and checks it. `anyShape`: one of another batch or size than
 * the model's is no error.
 * @throws {ServerError}
 */
export function matchInputs(
  specs: readonly TensorSpec[],
  inputs: readonly RequestInput[],
  anyShape: boolean,
): [TensorSpec, RequestInput][] {
  return specs.map((spec) => {
    const input = inputs.find(({ name }) => name === spec.name);
    if (!input) throw new ServerError("missing_input", `Required input: ${spec.name}`);
    checkSigns(input);
    if (isPicture(spec, input)) checkPictures(spec, input);
    else checkTensor(spec, input, anyShape);
    return [spec, input];
  });
}

/** Whether an input is encoded pictures for a tensor of pixels. */
export function isPicture(spec: TensorSpec, input: RequestInput): boolean {
  return input.datatype === "BYTES" && spec.datatype !== "BYTES";
}

function checkSigns({ name, shape }: RequestInput): void {
  if (shape.every((extent) => extent >= 0)) return;
  const actual = inParentheses(shape);
  throw new ServerError(
    "shape",
    `Negative or zero dimension size is not acceptable: ${actual}; input name: ${name}`,
  );
}

function checkPictures(spec: TensorSpec, { name, shape, content }: RequestInput): void {
  if (content.kind === "raw" && splitByteStrings(content.bytes) === null) {
    throw new ServerError("input_format");
  }
  if (spec.shape.length !== 4) throw new ServerError("not_implemented");
  if (shape.length !== 1) {
    throw new ServerError(
      "number_of_dimensions",
      `Expected number of input shape dimensions: 1; Actual: ${shape.length}; input name: ${name}`,
    );
  }
  const count = content.kind === "raw"
    ? splitByteStrings(content.bytes)!.length
    : content.kind === "strings"
    ? content.strings.length
    : content.values.length;
  if (shape[0] !== count) throw new ServerError("batch_size");
  if (!fits(count, spec.shape[0]!)) {
    throw new ServerError(
      "batch_size",
      `Expected: ${spec.shape[0]}; Actual: ${count}; input name: ${name}`,
    );
  }
}

function checkTensor(spec: TensorSpec, input: RequestInput, anyShape: boolean): void {
  const { name, datatype, spelled, shape } = input;
  if (datatype !== spec.datatype) {
    const expected = elementTypes[spec.datatype].precision;
    throw new ServerError(
      "precision",
      `Expected: ${expected}; Actual: ${spelled}; input name: ${name}`,
    );
  }
  const expected = inParentheses(spec.shape);
  const details = `Expected: ${expected}; Actual: ${inParentheses(shape)}; input name: ${name}`;
  if (shape.length !== spec.shape.length) throw new ServerError("number_of_dimensions", details);
  if (!anyShape && shape.length > 0 && !fits(shape[0]!, spec.shape[0]!)) {
    throw new ServerError(
      "batch_size",
      `Expected: ${spec.shape[0]}; Actual: ${shape[0]}; input name: ${name}`,
    );
  }
  if (!anyShape && !shape.every((extent, i) => fits(extent, spec.shape[i]!))) {
    throw new ServerError("shape", details);
  }
  checkContent(spec, input);
}

function checkContent(spec: TensorSpec, { name, shape, content }: RequestInput): void {
  const expected = elementCount(shape);
  if (content.kind === "raw" && spec.datatype !== "BYTES") {
    const bytes = expected * elementBytes(spec.datatype);
    if (bytes === content.bytes.byteLength) return;
    throw new ServerError(
      "content_size",
      `Expected: ${bytes} bytes; Actual: ${content.bytes.byteLength} bytes; input name: ${name}`,
    );
  }
  const actual = valueCount(content);
  if (actual === null) throw new ServerError("input_format");
  if (actual !== expected) {
    throw new ServerError(
      "value_count",
      `Expected: ${expected} values; Actual: ${actual} values; input name: ${name}`,
    );
  }
}

function valueCount(content: RequestInput["content"]): number | null {
  switch (content.kind) {
    case "raw":
      return splitByteStrings(content.bytes)?.length ?? null;
    case "values":
      return content.values.length;
    case "strings":
      return content.strings.length;
  }
}

/** −1 in a model's shape means that any extent will do. */
function fits(extent: number, expected: number): boolean {
  return expected === -1 || extent === expected;
}

function inParentheses(shape: readonly number[]): string {
  return `(${shape.join(",")})`;
}
