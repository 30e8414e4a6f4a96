/** KServe v2 over gRPC: `inference.GRPCInferenceService`. */

import project from "../../deno.json" with { type: "json" };
import type { Handlers } from "./grpc_server.ts";
import { type ModelInferRequest, readInputs, writeOutputs } from "./kserve_message.ts";
import type { Servable } from "./servable.ts";
import { ServerError } from "./server_error.ts";
import { checkExtensions } from "./validate.ts";

/** What `ServerMetadata` says, over gRPC and REST. */
export const serverMetadata = {
  name: "Sightline model server",
  version: project.version,
  // Of KServe's: what REST can do; over gRPC tensors are binary anyway.
  extensions: ["binary_tensor_data"],
};

/** The gRPC handlers of one model. */
export function kserveService(servable: Servable): Handlers {
  const live = () => ({ live: true });
  const ready = () => ({ ready: true });

  function modelReady({ name, version }: { name: string; version: string }): object {
    checkModel(servable, name, version);
    return { ready: true };
  }

  function modelMetadata({ name, version }: { name: string; version: string }): object {
    checkModel(servable, name, version);
    const parameters = Object.entries(servable.properties).map(([name, text]) =>
      [name, { string_param: text }] as const
    );
    return { ...describeModel(servable), parameters: Object.fromEntries(parameters) };
  }

  async function modelInfer(request: ModelInferRequest, signal: AbortSignal): Promise<object> {
    const { model_name, model_version, id } = request;
    if (model_name !== servable.name) throw new ServerError("graph_name_missing");
    checkModel(servable, model_name, model_version);
    servable.checkInputCount(request.inputs.length);
    checkExtensions(request.inputs, request.outputs);
    const requested = request.outputs.map(({ name }) => name);
    const inputs = readInputs(servable.inputs, request);
    const outputs = await servable.infer(inputs, requested, signal);
    return { model_name, model_version: String(servable.version), id, ...writeOutputs(outputs) };
  }

  const { metrics } = servable;
  const counted = <Request>(
    method: "ModelReady" | "ModelMetadata" | "ModelInfer",
    handle: (request: Request, signal: AbortSignal) => object | Promise<object>,
  ) =>
  (request: Request, signal: AbortSignal) =>
    metrics.watch("gRPC", method, () => handle(request, signal));
  return {
    ServerLive: live,
    ServerReady: ready,
    ModelReady: counted("ModelReady", modelReady),
    ServerMetadata: () => serverMetadata,
    ModelMetadata: counted("ModelMetadata", modelMetadata),
    ModelInfer: counted("ModelInfer", modelInfer),
  };
}

/** What `ModelMetadata` says, over gRPC and REST. */
export function describeModel({ name, version, inputs, outputs }: Servable): object {
  const platform = "onnxruntime";
  return { name, versions: [String(version)], platform, inputs, outputs };
}

/**
 * Checks a model's name and version; empty or 0 is the latest.
 * @throws {ServerError}
 */
export function checkModel(servable: Servable, name: string, version: string): void {
  if (name !== servable.name) throw new ServerError("model_name_missing");
  if (version === "") return;
  if (!/^[+-]?\d+$/.test(version)) throw new ServerError("model_version_format");
  if (![0, servable.version].includes(Number(version))) {
    throw new ServerError("model_version_missing");
  }
}
