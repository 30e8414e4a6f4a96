import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { conformanceModel } from "../../../tests/support/conformance_model.ts";
import { withGrpcServer } from "../../../tests/support/with_grpc_server.ts";
import { withModelFile } from "../../../tests/support/with_model_file.ts";
import type { ModelServerConfig, OnnxConfig } from "../inference.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { testInference } from "../../../tests/support/inference_conformance.ts";
import { ModelPool, type StreamShare } from "./model_pool.ts";
import { loadKserve } from "../transport/protos.ts";

const logger = getLogger(["test"]);
const floats: Tensors = { x: { datatype: "FP32", shape: [2], data: Float32Array.of(1, 2) } };

testInference("an embedded model out of the pool", async function startPooled() {
  const file = await withModelFile("conformance", conformanceModel());
  const pool = new ModelPool(logger);
  return {
    open: ({ modelName = "conformance", timeoutMs = 20_000 } = {}) => {
      const path = file.path.replace("conformance.onnx", `${modelName}.onnx`);
      return pool.open({ kind: "onnx", path, timeoutMs }, share(16));
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}, { versions: false });

Deno.test("ModelPool.open() gives streams one backend, which ends with the last of them", async () => {
  await using file = await withModelFile("model", conformanceModel());
  const config: OnnxConfig = { kind: "onnx", path: file.path, timeoutMs: 5000 };
  const pool = new ModelPool(logger);
  const one = pool.open(config, share(4));
  const two = pool.open({ ...config }, share(4));
  equal(pool.queues.length, 1);
  await one.metadata();
  // Loaded once: what is loaded now can only be the same.
  await Deno.remove(file.path);
  await one[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
  equal(await one.ready(), false);
  await rejects(one.infer({}), { name: "InferenceError", reason: "cancelled" });
  equal((await two.metadata()).name, "model");
  await two[Symbol.asyncDispose]();
  deepEqual(pool.queues, []);
  await using three = pool.open(config, share(4));
  await rejects(three.metadata(), { name: "InferenceError", reason: "model_not_found" });
});

Deno.test("ModelPool.open() asks a server over one connection, and for metadata once", async () => {
  const peers = new Set<string>();
  let metadataRequests = 0;
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  using server = await withGrpcServer({
    services: [[await loadKserve(), {
      ModelMetadata: async (_request, call) => {
        metadataRequests++;
        peers.add(call.getPeer());
        await asked;
        return { name: "m", versions: ["1"], inputs: [], outputs: [] };
      },
      ModelInfer: (_request, call) => {
        peers.add(call.getPeer());
        return answer;
      },
    }]],
  });
  const pool = new ModelPool(logger);
  await using one = pool.open(serverConfig(server.port), share(4));
  await using two = pool.open(serverConfig(server.port), share(4));
  await using other = pool.open({ ...serverConfig(server.port), modelName: "other" }, share(4));
  const controller = new AbortController();
  const impatient = one.metadata({ signal: controller.signal });
  const patient = two.metadata();
  controller.abort();
  await rejects(impatient, { name: "InferenceError", reason: "cancelled" });
  ask();
  equal((await patient).name, "m");
  await Promise.all([one, two, other].map((inference) => inference.infer(floats)));
  equal(metadataRequests, 1);
  equal(peers.size, 1);
  equal(pool.queues.length, 2);
});

Deno.test("ModelPool lets through as many requests as all executors make, 16 unless one stream wants more", () => {
  const limits = [[4], [4, 4], [4, 4, 4, 4, 4], [4, 20]].map((streams) => {
    const pool = new ModelPool(logger);
    for (const executors of streams) pool.open(serverConfig(1), share(executors));
    return pool.queues[0]?.maxInFlight;
  });
  deepEqual(limits, [4, 8, 16, 20]);
});

Deno.test("infer() waits for a permit until its signal aborts, and takes one that was acquired before", async () => {
  await using file = await withModelFile("model", conformanceModel());
  const pool = new ModelPool(logger);
  const config: OnnxConfig = { kind: "onnx", path: file.path, timeoutMs: 5000 };
  await using inference = pool.open(config, share(4));
  using permit = await inference.acquire!();
  using _other = await inference.acquire!();
  const controller = new AbortController();
  const waiting = inference.infer({}, { signal: controller.signal });
  deepEqual(pool.queues.map(({ waiting, inFlight }) => [waiting, inFlight]), [[1, 2]]);
  controller.abort();
  await rejects(waiting, { name: "InferenceError", reason: "cancelled" });
  equal(pool.queues[0]?.waiting, 0);
  // It does not wait, and so comes as far as the model, which misses its inputs.
  await rejects(inference.infer({}, { permit }), { reason: "invalid_input" });
  ok(await inference.ready());
});

Deno.test("ModelPool lets two requests through to a model in this process, or as many as were set", () => {
  const pool = new ModelPool(logger);
  const onnx: OnnxConfig = { kind: "onnx", path: "/absent.onnx", timeoutMs: 5000 };
  const limitOf = (config: OnnxConfig | ModelServerConfig, maxInFlight: number | null) => {
    const { sharing } = share(9);
    pool.open(config, { executors: 9, sharing: { ...sharing, maxInFlight } });
    return pool.queues.at(-1)!.maxInFlight;
  };
  deepEqual([limitOf(onnx, null), limitOf(onnx, 5), limitOf(serverConfig(1), 3)], [2, 5, 3]);
  // They are set otherwise, and so are not shared.
  equal(pool.queues.length, 3);
  pool.open({ kind: "none" }, share(9));
  equal(pool.queues.length, 3, "no model has no queue");
});

Deno.test("ModelPool gives permits back that a stream leaves behind", async () => {
  const pool = new ModelPool(logger);
  const [one, two] = [4, 2].map((executors) => pool.open(serverConfig(1), share(executors)));
  equal(pool.queues[0]?.maxInFlight, 6);
  await one![Symbol.asyncDispose]();
  equal(pool.queues[0]?.maxInFlight, 2);
  await two![Symbol.asyncDispose]();
});

Deno.test("a share of a model tells whose it is, and refuses everything once it is closed", async () => {
  const pool = new ModelPool(logger);
  const onnx = pool.open({ kind: "onnx", path: "/a/b.onnx", timeoutMs: 5000 }, share(1));
  deepEqual([onnx.embedded, onnx.description], [true, "b.onnx (ONNX, in this process)"]);
  const server = pool.open(serverConfig(1), share(1));
  deepEqual([server.embedded, server.description], [false, "m at grpc://127.0.0.1:1"]);
  for (const inference of [onnx, server]) {
    await inference[Symbol.asyncDispose]();
    const options = {} as Parameters<NonNullable<typeof inference.session>>[0];
    for (
      const asking of [
        ...[inference.metadata(), inference.acquire!(), inference.infer({})],
        inference.session!(options),
      ]
    ) {
      await rejects(asking, {
        ...{ name: "InferenceError", reason: "cancelled" },
        message: `Cannot ask ${inference.description}: it was closed`,
      });
    }
  }
});

const answer = {
  model_name: "m",
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
  raw_output_contents: [Uint8Array.of(0, 0, 0, 63)],
};

function share(executors: number): StreamShare {
  return { executors, sharing: { maxInFlight: null, batchMaxSize: 1, batchMaxWaitMs: 0 } };
}

function serverConfig(port: number): ModelServerConfig {
  return {
    kind: "server",
    sidePackets: {},
    url: `grpc://127.0.0.1:${port}`,
    modelName: "m",
    modelVersion: 0,
    api: "kserve",
    timeoutMs: 5000,
    tls: { caFile: null, certFile: null, keyFile: null },
  };
}
