/** The gRPC services of `protos/`, for the clients here and for the model server stand-in. */

import { fromJSON, type MessageTypeDefinition, type Options } from "@grpc/proto-loader";
import type { PackageDefinition, ServiceDefinition } from "@grpc/proto-loader";
import protobuf from "protobufjs";
import { readAssetText } from "../../assets.ts";

/**
 * How messages look as objects: names as in the `.proto`, 64-bit numbers as decimal strings
 * (exact; shapes go through `Number`), enums by name, bytes as `Buffer`, absent messages `null`,
 * absent scalars, lists and maps at their defaults.
 */
const options = {
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
} satisfies Options;

/** TensorFlow Serving's two services, and the message inside `GetModelMetadataResponse`. */
export interface TensorflowServing {
  readonly prediction: ServiceDefinition;
  readonly model: ServiceDefinition;
  readonly signatureDefMap: MessageTypeDefinition<object, object>;
}

/** `inference.GRPCInferenceService`. */
export async function loadKserve(): Promise<ServiceDefinition> {
  const definitions = await load("kserve.proto");
  return definitions["inference.GRPCInferenceService"] as ServiceDefinition;
}

/** `tensorflow.serving.PredictionService` and its company. */
export async function loadTensorflowServing(): Promise<TensorflowServing> {
  const definitions = await load("tensorflow.proto", "tensorflow_serving.proto");
  return {
    prediction: definitions["tensorflow.serving.PredictionService"] as ServiceDefinition,
    model: definitions["tensorflow.serving.ModelService"] as ServiceDefinition,
    signatureDefMap: definitions["tensorflow.serving.SignatureDefMap"] as MessageTypeDefinition<
      object,
      object
    >,
  };
}

// proto-loader reads files by path only, which neither a compiled binary nor `deno run https://…`
// can offer; so its own parser, protobufjs, is given the texts, and it the parsed result.
async function load(...files: string[]): Promise<PackageDefinition> {
  const root = new protobuf.Root();
  for (const file of files) {
    const text = await readAssetText(`protos/${file}`);
    const { imports } = protobuf.parse(text, root, { keepCase: true });
    for (const name of imports ?? []) {
      const common = protobuf.common.get(name);
      if (common?.nested) root.addJSON(common.nested);
    }
  }
  return fromJSON(root.toJSON(), options);
}
