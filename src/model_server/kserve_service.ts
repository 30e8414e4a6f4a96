/** KServe v2 over gRPC: `inference.GRPCInferenceService`. */

import project from "../../deno.json" with { type: "json" };
import type { Handlers, StreamHandler } from "./grpc_server.ts";
import { askGraph, describeGraph, streamGraph } from "./graphs/graph_service.ts";
import type { Graph } from "./graphs/graphs.ts";
import type { GraphRequest } from "./graphs/packets.ts";
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

/** Graphs by name; there are none unless they are asked for. */
export type Graphs = ReadonlyMap<string, Graph>;

/** The gRPC handlers of one model, and of graphs beside it. */
export function kserveService(servable: Servable, graphs: Graphs): Handlers {
  const live = () => ({ live: true });
  const ready = () => ({ ready: true });

  function modelReady({ name, version }: { name: string; version: string }): object {
    if (graphs.has(name)) return { ready: true };
    checkModel(servable, name, version);
    return { ready: true };
  }

  function modelMetadata({ name, version }: { name: string; version: string }): object {
    const graph = graphs.get(name);
    if (graph) return describeGraph(graph);
    checkModel(servable, name, version);
    const parameters = Object.entries(servable.properties).map(([name, text]) =>
      [name, { string_param: text }] as const
    );
    return { ...describeModel(servable), parameters: Object.fromEntries(parameters) };
  }

  async function modelInfer(request: GraphRequest, signal: AbortSignal): Promise<object> {
    const { model_name, model_version } = request;
    const graph = graphs.get(model_name);
    if (graph) return await askGraph(graph, request);
    if (model_name !== servable.name) throw new ServerError("graph_name_missing");
    checkModel(servable, model_name, model_version);
    return await askModel(servable, request, signal);
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

/**
 * Answers `ModelStreamInfer`: graphs as OVMS does, and with `streamsModel` the model itself as Triton
 * does, all outputs in one answer that repeats the request's id (and, if it was asked to, says that it
 * is the last), and errors in the stream.
 */
export function kserveStreams(
  servable: Servable,
  graphs: Graphs,
  streamsModel: boolean,
): Readonly<Record<string, StreamHandler>> {
  return {
    async ModelStreamInfer(requests, send, signal) {
      const all = (requests as AsyncIterable<GraphRequest>)[Symbol.asyncIterator]();
      const first = await all.next();
      if (first.done) {
        if (signal.aborted) return;
        throw new ServerError("graph_left");
      }
      const others = { [Symbol.asyncIterator]: () => all };
      const graph = graphs.get(first.value.model_name);
      if (graph) return await streamGraph(graph, first.value, others, send);
      if (!streamsModel) throw new ServerError("graph_name_missing");
      await answerInStream(servable, first.value, send, signal);
      for await (const request of others) await answerInStream(servable, request, send, signal);
    },
  };
}

async function answerInStream(
  servable: Servable,
  request: GraphRequest,
  send: (response: object) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { triton_enable_empty_final_response: last } = request.parameters;
  const parameters = last?.bool_param ? { triton_final_response: { bool_param: true } } : {};
  try {
    checkModel(servable, request.model_name, request.model_version);
    const infer_response = await askModel(servable, request, signal);
    await send({ error_message: "", infer_response: { ...infer_response, parameters } });
  } catch (error) {
    const { id } = request;
    await send({ error_message: (error as Error).message, infer_response: { id, parameters } });
  }
}

async function askModel(
  servable: Servable,
  request: ModelInferRequest,
  signal: AbortSignal,
): Promise<object> {
  const { model_name, id } = request;
  servable.checkInputCount(request.inputs.length);
  checkExtensions(request.inputs, request.outputs);
  const requested = request.outputs.map(({ name }) => name);
  const inputs = readInputs(servable.inputs, request);
  const outputs = await servable.infer(inputs, requested, signal);
  return { model_name, model_version: String(servable.version), id, ...writeOutputs(outputs) };
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
