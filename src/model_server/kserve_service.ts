/** KServe v2 over gRPC: `inference.GRPCInferenceService`. */

import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import project from "../../deno.json" with { type: "json" };
import { type ModelInferRequest, readInputs, writeOutputs } from "./kserve_message.ts";
import { type Servable, servedVersion } from "./servable.ts";
import { ServerError } from "./server_error.ts";
import { unary } from "./unary.ts";

/** What `ServerMetadata` says, over gRPC and REST. */
export const serverMetadata = {
  name: "Sightline model server",
  version: project.version,
  extensions: [] as string[],
};

/** The gRPC handlers of one model. */
export function kserveService(servable: Servable): UntypedServiceImplementation {
  const live = () => ({ live: true });
  const ready = () => ({ ready: true });

  function modelReady({ name, version }: { name: string; version: string }): object {
    checkModel(servable, name, version);
    return { ready: true };
  }

  function modelMetadata({ name, version }: { name: string; version: string }): object {
    checkModel(servable, name, version);
    return describeModel(servable);
  }

  async function modelInfer(request: ModelInferRequest): Promise<object> {
    const { model_name, model_version, id } = request;
    if (model_name !== servable.name) throw new ServerError("graph_name_missing");
    checkModel(servable, model_name, model_version);
    servable.checkInputCount(request.inputs.length);
    const outputs = await servable.infer(readInputs(servable.inputs, request));
    return { model_name, model_version: String(servedVersion), id, ...writeOutputs(outputs) };
  }

  return {
    ServerLive: unary(live),
    ServerReady: unary(ready),
    ModelReady: unary(modelReady),
    ServerMetadata: unary(() => serverMetadata),
    ModelMetadata: unary(modelMetadata),
    ModelInfer: unary(modelInfer),
  };
}

/** What `ModelMetadata` says, over gRPC and REST. */
export function describeModel(servable: Servable): object {
  const { name, inputs, outputs } = servable;
  const platform = "onnxruntime";
  return { name, versions: [String(servedVersion)], platform, inputs, outputs };
}

/**
 * Checks a model's name and version; empty or 0 is the latest.
 * @throws {ServerError}
 */
export function checkModel(servable: Servable, name: string, version: string): void {
  if (name !== servable.name) throw new ServerError("model_name_missing");
  if (version === "") return;
  if (!/^[+-]?\d+$/.test(version)) throw new ServerError("model_version_format");
  if (![0, servedVersion].includes(Number(version))) throw new ServerError("model_version_missing");
}
