/** Checks the metadata that servers answer with: any answer becomes ModelMetadata, or an error. */

import { z } from "zod";
import type { ModelMetadata, TensorSpec } from "../frame/model.ts";
import { toldByServer } from "./class_names.ts";
import { describeIssue } from "./describe_issue.ts";
import { unreadable } from "./failure.ts";
import { checkDataType } from "./tensor_codec.ts";

/** Inputs, or outputs, of a model; no real model has more. */
const mostTensors = 4096;
const mostDimensions = 64;
const longestName = 1024;

const name = z.string().max(longestName);
// 64-bit numbers of gRPC come as text.
const number = z.union([z.number(), z.string().regex(/^-?\d{1,10}$/).transform(Number)]);
const extent = number.pipe(z.int().min(-1).max(2 ** 31 - 1));
const tensor = z.object({
  name: name.min(1),
  datatype: z.string().max(longestName),
  shape: z.array(extent).max(mostDimensions),
});
const tensors = z.array(tensor).max(mostTensors).nullish();

const answerSchema = z.object({
  name: name.nullish(),
  // KServe's own server says null.
  versions: z.array(z.union([name, z.number()]).transform(String)).max(mostTensors).nullish(),
  inputs: tensors,
  outputs: tensors,
  parameters: z.unknown().optional(),
  rt_info: z.unknown().optional(),
});

/** The model that was asked for. */
export interface AskedModel {
  readonly modelName: string;
  /** 0 = latest. */
  readonly modelVersion: number;
}

/**
 * The metadata of a model, out of an answer as KServe v2 has it, by REST or gRPC.
 * @throws {InferenceError} `server_error` when it is no such answer, `unsupported` for element types
 * that is not known here
 */
export function readMetadata(answer: unknown, asked: AskedModel): ModelMetadata {
  const { modelName, modelVersion } = asked;
  const { success, data, error } = answerSchema.safeParse(answer);
  if (!success) {
    const problem = describeIssue(error, answer);
    throw unreadable(`what the server says of model ${modelName}`, problem, error);
  }
  const { versions, inputs, outputs } = data;
  const all = [...inputs ?? [], ...outputs ?? []];
  const isGraph = all.length > 0 && all.every(isUnspecified);
  // OVMS lists the versions that are loaded; the one it serves is the asked or the highest.
  const version = modelVersion > 0
    ? String(modelVersion)
    : versions?.toSorted((a, b) => Number(b) - Number(a))[0];
  return {
    name: data.name || modelName,
    ...version !== undefined && { version },
    ...isGraph && { graph: true as const },
    inputs: (inputs ?? []).map((spec) => toSpec(spec, isGraph)),
    outputs: (outputs ?? []).map((spec) => toSpec(spec, isGraph)),
    ...toldByServer(data),
  };
}

/** As OpenVINO Model Server describes what goes into a graph and comes out of it. */
function isUnspecified({ datatype, shape }: z.infer<typeof tensor>): boolean {
  return datatype === "INVALID" && shape.length === 0;
}

function toSpec(
  { name, datatype, shape }: z.infer<typeof tensor>,
  isOfGraph: boolean,
): TensorSpec {
  if (isOfGraph) return { name, datatype: "UINT8", shape };
  return { name, datatype: checkDataType(name, datatype), shape };
}
