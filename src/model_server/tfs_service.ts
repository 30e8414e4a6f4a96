/** TensorFlow Serving over gRPC, as OVMS spoke it up to 2026.2. */

import type { TensorflowServing } from "../inference/codecs.ts";
import type { Handlers } from "./grpc_server.ts";
import { checkModel } from "./kserve_service.ts";
import type { Servable } from "./servable.ts";
import { ServerError } from "./server_error.ts";
import {
  readTensorProto,
  type TensorProtoInput,
  writeTensorInfos,
  writeTensorProto,
} from "./tfs_message.ts";

interface ModelSpec {
  readonly name: string;
  /** Absent: the latest, as is 0. */
  readonly version?: { readonly value: string } | null;
}

interface WithModelSpec {
  readonly model_spec: ModelSpec | null;
}

interface PredictRequest extends WithModelSpec {
  readonly inputs: Readonly<Record<string, TensorProtoInput>>;
  readonly output_filter: readonly string[];
}

interface GetModelMetadataRequest extends WithModelSpec {
  readonly metadata_field: readonly string[];
}

const modelSpecOf = (servable: Servable) => ({
  name: servable.name,
  version: { value: servable.version },
});

/** The handlers of `tensorflow.serving.PredictionService`. */
export function predictionService(
  servable: Servable,
  { signatureDefMap }: TensorflowServing,
): Handlers {
  async function predict(
    { model_spec, inputs, output_filter }: PredictRequest,
    signal: AbortSignal,
  ): Promise<object> {
    if (model_spec?.name !== servable.name) throw new ServerError("pipeline_name_missing");
    checkModelSpec(servable, model_spec);
    const entries = Object.entries(inputs);
    servable.checkInputCount(entries.length);
    const tensors = entries.map(([name, proto]) => readTensorProto(name, proto));
    const outputs = Object.entries(await servable.infer(tensors, output_filter, signal));
    return {
      model_spec: modelSpecOf(servable),
      outputs: Object.fromEntries(
        outputs.map(([name, out]) => [name, writeTensorProto(name, out)]),
      ),
    };
  }

  function getModelMetadata({ model_spec, metadata_field }: GetModelMetadataRequest): object {
    if (model_spec === null) throw new ServerError("model_spec_missing");
    if (metadata_field.length !== 1 || metadata_field[0] !== "signature_def") {
      throw new ServerError("signature_def");
    }
    checkModelSpec(servable, model_spec);
    const signature = {
      inputs: writeTensorInfos(servable.inputs),
      outputs: writeTensorInfos(servable.outputs),
    };
    const value = signatureDefMap.serialize({ signature_def: { serving_default: signature } });
    const type_url = "type.googleapis.com/tensorflow.serving.SignatureDefMap";
    return {
      model_spec: modelSpecOf(servable),
      metadata: { signature_def: { type_url, value } },
    };
  }

  const { metrics } = servable;
  return {
    Predict: (request: PredictRequest, signal: AbortSignal) =>
      metrics.watch("gRPC", "Predict", () => predict(request, signal)),
    GetModelMetadata: (request: GetModelMetadataRequest) =>
      metrics.watch("gRPC", "GetModelMetadata", () => getModelMetadata(request)),
  };
}

/** The handler of `tensorflow.serving.ModelService`. */
export function modelService(servable: Servable): Handlers {
  function getModelStatus({ model_spec }: WithModelSpec): object {
    checkModelSpec(servable, model_spec ?? { name: "" });
    const status = { error_code: 0, error_message: "OK" };
    return {
      model_version_status: [{ version: servable.version, state: "AVAILABLE", status }],
    };
  }
  return {
    GetModelStatus: (request: WithModelSpec) =>
      servable.metrics.watch("gRPC", "GetModelStatus", () => getModelStatus(request)),
  };
}

function checkModelSpec(servable: Servable, { name, version }: ModelSpec): void {
  checkModel(servable, name, version?.value ?? "");
}
