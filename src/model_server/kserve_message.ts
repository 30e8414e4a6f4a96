/** KServe v2's gRPC messages, as proto-loader decodes them, to and from tensors. */

import type { TensorSpec } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import { encodeTensor } from "../inference/codecs.ts";
import { elementTypes } from "./element_types.ts";
import type { Content, Parameters, RequestedOutput, RequestInput } from "./request.ts";
import { ServerError } from "./server_error.ts";

type Values = readonly (number | string | boolean)[];

/** `ModelInferRequest`, as far as it is read. */
export interface ModelInferRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly inputs: readonly {
    readonly name: string;
    readonly datatype: string;
    /** int64 as decimal strings. */
    readonly shape: readonly string[];
    readonly parameters: Parameters;
    readonly contents: Readonly<Record<string, Values | readonly Uint8Array[]>> | null;
  }[];
  readonly outputs: readonly RequestedOutput[];
  readonly raw_input_contents: readonly Uint8Array[];
}

/**
 * The inputs of a request, with their elements, wherever the client put them.
 * @throws {ServerError}
 */
export function readInputs(
  specs: readonly TensorSpec[],
  request: ModelInferRequest,
): RequestInput[] {
  const { inputs, raw_input_contents: raw } = request;
  if (raw.length > 0) checkCoherency(request);
  return inputs.map(({ name, datatype, shape, contents }, i) => {
    const spec = specs.find((candidate) => candidate.name === name);
    const content: Content = raw.length > 0
      ? { kind: "raw", bytes: raw[i]! }
      : typedContent(datatype === "BYTES" ? "BYTES" : spec?.datatype, contents);
    return { name, datatype, spelled: datatype, shape: shape.map(Number), content };
  });
}

/** Fields of `ModelInferResponse`; the elements go into `raw_output_contents`, as OVMS has it. */
export function writeOutputs(outputs: Tensors): object {
  const entries = Object.entries(outputs);
  return {
    outputs: entries.map(([name, { datatype, shape }]) => ({ name, datatype, shape })),
    raw_output_contents: entries.map(([name, tensor]) => encodeTensor(name, tensor)),
  };
}

/** Checks that elements stand in one place. @throws {ServerError} */
export function checkCoherency({ inputs, raw_input_contents: raw }: ModelInferRequest): void {
  if (raw.length !== inputs.length) {
    throw new ServerError(
      "message_structure",
      `Size of raw_input_contents: ${raw.length} is different than number of inputs: ${inputs.length}`,
    );
  }
  const twice = inputs.find(({ contents }) => contents !== null);
  if (!twice) return;
  throw new ServerError(
    "message_structure",
    "Passing buffers both in InferInputTensor contents and in raw_input_contents is not allowed. " +
      `Detected buffer in InferInputTensor contents for input: ${twice.name}`,
  );
}

// Which field counts is for the model's element type to say, not for the request's.
function typedContent(
  datatype: TensorSpec["datatype"] | undefined,
  contents: Readonly<Record<string, Values | readonly Uint8Array[]>> | null,
): Content {
  const field = datatype === undefined ? null : elementTypes[datatype].contents;
  const values = field === null ? [] : contents?.[field] ?? [];
  return datatype === "BYTES"
    ? { kind: "strings", strings: nonEmpty(values as readonly Uint8Array[]) }
    : { kind: "values", values: values as Values };
}

function nonEmpty(strings: readonly Uint8Array[]): readonly Uint8Array[] {
  if (strings.some((item) => item.byteLength === 0)) throw new ServerError("bytes_contents_empty");
  return strings;
}
