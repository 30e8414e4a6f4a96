import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { conformanceModel } from "./support/conformance_model.ts";
import { withModelFile } from "./support/with_model_file.ts";
import { withModelServer } from "./support/with_model_server.ts";
import type { ModelServerConfig } from "../src/inference/inference.ts";
import { type ConformanceBackend, testInference } from "./support/inference_conformance.ts";
import { openInference } from "../src/inference/open.ts";

const logger = getLogger(["test"]);
const tls = { caFile: null, certFile: null, keyFile: null };

testInference("KServe over gRPC", () => start("grpc", "kserve"));

testInference("TensorFlow Serving over gRPC", () => start("grpc", "tfs"));

testInference("KServe over gRPC, found by itself", () => start("grpc", "auto"));

testInference("KServe over gRPC, in a stream", () => start("grpc", "kserve_stream"));

testInference("KServe over REST", () => start("http", "auto"));

for (const scheme of ["grpc", "http"] as const) {
  Deno.test(`metadata() over ${scheme} has the names of classes that the server tells`, async () => {
    await using backend = await start(scheme, "auto");
    await using inference = backend.open();
    const { labels } = await inference.metadata();
    assert.deepEqual(labels, ["person", "bicycle"]);
  });
}

async function start(
  scheme: "grpc" | "http",
  api: ModelServerConfig["api"],
): Promise<ConformanceBackend> {
  const file = await withModelFile("conformance", conformanceModel());
  const server = await withModelServer({
    ...{ modelPath: file.path, modelName: "conformance", flags: ["--stream_model"] },
  });
  const port = scheme === "grpc" ? server.grpcPort : server.restPort;
  return {
    open: ({ modelName = "conformance", modelVersion = 0, timeoutMs = 20_000 } = {}) =>
      openInference({
        kind: "server",
        url: `${scheme}://127.0.0.1:${port}`,
        modelName,
        modelVersion,
        api,
        sidePackets: {},
        timeoutMs,
        tls,
      }, logger),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await file[Symbol.asyncDispose]();
    },
  };
}
