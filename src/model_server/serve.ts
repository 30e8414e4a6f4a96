/** The model server: one ONNX file over the protocols of OpenVINO Model Server. */

import type { Logger } from "@logtape/logtape";
import { Onnx } from "../inference/onnx/onnx.ts";
import { loadKserve, loadTensorflowServing } from "../inference/codecs.ts";
import { serveGrpc } from "./grpc_server.ts";
import { kserveService, kserveStreams } from "./kserve_service.ts";
import { parseLayouts } from "./layout.ts";
import { type RestServer, serveRest } from "./rest_server.ts";
import { Servable } from "./servable.ts";
import { modelService, predictionService } from "./tfs_service.ts";

/** What is served, and where. */
export interface ServeOptions {
  /** Path of an ONNX file. */
  readonly modelPath: string;
  readonly modelName: string;
  /** Port of both gRPC protocols; 0 takes a free one. */
  readonly port: number;
  /** Port of KServe's REST protocol; 0 takes a free one, absent means none. */
  readonly restPort?: number | undefined;
  /** @default {"127.0.0.1"} */
  readonly bindAddress?: string | undefined;
  /** @default {"127.0.0.1"} */
  readonly restBindAddress?: string | undefined;
  /** OVMS's `--layout`, such as `NHWC:NCHW`. */
  readonly layout?: string | undefined;
  /** Accept pictures of any size, as OVMS does with `--shape auto`. @default {false} */
  readonly anyShape?: boolean | undefined;
  /** Serve graphs over the model too, as OVMS does in streams. @default {false} */
  readonly graphs?: boolean | undefined;
  /** Answer requests to the model in streams too, as Triton does. @default {false} */
  readonly streamsModel?: boolean | undefined;
  /** The version that it says it serves. @default {1} */
  readonly version?: number | undefined;
  /** For tests: called before each run of the model with the number of requests so far. */
  readonly beforeInfer?: ((request: number) => void | Promise<void>) | undefined;
}

/** A server that serves; disposing of it ends it, requests under way included. */
export interface ModelServer {
  readonly port: number;
  readonly restPort: number | null;
  [Symbol.asyncDispose](): Promise<void>;
}

// Deadlines are the clients' to set; this is the longest that a timer takes.
const noTimeoutMs = 2 ** 31 - 1;

/** Loads the model and serves it; resolves when both ports answer. */
export async function serveModel(options: ServeOptions, logger: Logger): Promise<ModelServer> {
  const { bindAddress = "127.0.0.1", restBindAddress = "127.0.0.1" } = options;
  await using owned = new AsyncDisposableStack();
  const layouts = parseLayouts(options.layout ?? "{}");
  const model = owned.use(
    await Onnx.open({ kind: "onnx", path: options.modelPath, timeoutMs: noTimeoutMs }),
  );
  const servable = new Servable(model, await model.metadata(), {
    name: options.modelName,
    layouts,
    anyShape: options.anyShape ?? false,
    version: options.version,
    beforeInfer: options.beforeInfer,
  });
  const [kserve, tensorflow] = await Promise.all([loadKserve(), loadTensorflowServing()]);
  // Loaded only where they are served: they draw, and decode pictures.
  const graphs = options.graphs
    ? (await import("./graphs/graphs.ts")).graphsOf(servable)
    : new Map<string, never>();
  const streams = kserveStreams(servable, graphs, options.streamsModel ?? false);
  const grpc = owned.use(serveGrpc({ hostname: bindAddress, port: options.port }, [
    [kserve, kserveService(servable, graphs), streams],
    [tensorflow.prediction, predictionService(servable, tensorflow)],
    [tensorflow.model, modelService(servable)],
  ]));
  const rest: RestServer | null = options.restPort === undefined ? null : owned.use(
    await serveRest(servable, { hostname: restBindAddress, port: options.restPort }, logger),
  );
  logger.debug("Inputs {inputs}, outputs {outputs}", {
    inputs: servable.inputs,
    outputs: servable.outputs,
  });
  const server = owned.move();
  return {
    port: grpc.port,
    restPort: rest?.port ?? null,
    [Symbol.asyncDispose]: () => server.disposeAsync(),
  };
}
