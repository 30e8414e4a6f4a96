/**
 * What one request of a 300×300 uint8 picture (270 KB) costs this process: CPU, and memory that the
 * garbage collector has to find again. The model server is another process and answers at once.
 *
 *   deno task bench inference [--requests 50] [--passes 9] [--json]
 *
 * The task gives V8 a young generation so large that nothing is collected while a pass is counted.
 */

import { Client, credentials, type MethodDefinition } from "@grpc/grpc-js";
import { getLogger } from "@logtape/logtape";
import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import type { Tensors } from "../src/frame/tensor.ts";
import type { Inference } from "../src/inference/inference.ts";
import { ModelInferEncoder } from "../src/inference/kserve/kserve_request.ts";
import { encodeInfer } from "../src/inference/kserve/kserve_rest_message.ts";
import { MemoryPool } from "../src/frame/memory_pool.ts";
import { openInference } from "../src/inference/open.ts";
import { loadKserve } from "../src/inference/transport/protos.ts";
import { PredictEncoder } from "../src/inference/tfs/tfs_request.ts";
import { serverConfig } from "../tests/support/server_config.ts";
import { describeMachine } from "./machine.ts";
import { writeMeanModel } from "./mean_model.ts";
import { median, table } from "./sample.ts";
import { startInstantServer } from "./start.ts";

/** One request, one pass. */
interface Cost {
  readonly cpuUs: number;
  readonly garbageBytes: number;
}

const settleMs = 30;

const { values: flags } = parseArgs({
  options: {
    requests: { type: "string", default: "50" },
    passes: { type: "string", default: "9" },
    json: { type: "boolean", default: false },
  },
});

const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new TypeError("Cannot measure: start it by its task");

let restPort = 0;
const { child, port } = await startInstantServer(
  [],
  (line) => restPort = Number(/^rest port (\d+)$/.exec(line)?.[1] ?? restPort),
);
await using _server = child;

const pixels = new Uint8Array(300 * 300 * 3);
const shape = [1, 300, 300, 3];
const inputs: Tensors = { image: { datatype: "UINT8", shape, data: pixels } };
const floats: Tensors = {
  image: { datatype: "FP32", shape, data: new Float32Array(300 * 300 * 3) },
};
const message = {
  model_name: "instant",
  inputs: [{ name: "image", datatype: "UINT8", shape }],
  raw_input_contents: [pixels],
};
const { ModelInfer } = await loadKserve();
const method = ModelInfer as MethodDefinition<object, object>;
const modelPath = await writeMeanModel(1);
addEventListener("unload", () => Deno.removeSync(modelPath));
const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());

await using grpc = open(`grpc://127.0.0.1:${port}`, "kserve");
await using tfs = open(`grpc://127.0.0.1:${port}`, "tfs");
await using rest = open(`http://127.0.0.1:${restPort}`, "auto");
await using onnx = openInference(
  { kind: "onnx", path: modelPath, timeoutMs: 5000 },
  getLogger(["bench"]),
);
await onnx.metadata();
const memory = new MemoryPool(2);
const kserveEncoder = new ModelInferEncoder({ modelName: "instant", modelVersion: "" });
const tfsEncoder = new PredictEncoder("instant", 0);

const arms: Readonly<Record<string, () => unknown>> = {
  "encode: KServe gRPC": () => kserveEncoder.encode(inputs),
  "encode: KServe gRPC by protobufjs, without the frame": () => method.requestSerialize(message),
  "encode: TensorFlow Serving": () => tfsEncoder.encode(inputs),
  "encode: KServe REST": () => memory.give(encodeInfer(inputs, memory).body.buffer),
  "request: KServe gRPC": () => grpc.infer(inputs),
  "request: KServe gRPC, floats (1.1 MB)": () => grpc.infer(floats),
  "request: KServe gRPC over @grpc/grpc-js": askGrpcJs,
  "request: KServe REST": () => rest.infer(inputs),
  "request: TensorFlow Serving gRPC": () => tfs.infer(inputs),
  "request: ONNX in this process, a mean": () => onnx.infer(inputs),
};

const passes = new Map(Object.keys(arms).map((name): [string, Cost[]] => [name, []]));
// The first pass of each warms up the compiler.
for (let pass = 0; pass <= Number(flags.passes); pass++) {
  for (const [name, arm] of Object.entries(arms)) {
    const cost = await measure(arm);
    if (pass > 0) passes.get(name)!.push(cost);
  }
}
client.close();
await report();

async function measure(arm: () => unknown): Promise<Cost> {
  const requests = Number(flags.requests);
  collect!();
  // Memory of buffers is given back by another thread, a little later.
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  collect!();
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const before = Deno.memoryUsage();
  const cpu = cpuUsage();
  for (let request = 0; request < requests; request++) await arm();
  const { user, system } = cpuUsage(cpu);
  const after = Deno.memoryUsage();
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  return { cpuUs: (user + system) / requests, garbageBytes: grown / requests };
}

async function report(): Promise<void> {
  const rows = [...passes].map(([name, costs]) => ({
    name,
    cpu_us: Math.round(median(costs.map(({ cpuUs }) => cpuUs))),
    garbage_bytes: Math.round(median(costs.map(({ garbageBytes }) => garbageBytes))),
  }));
  if (flags.json) return print(JSON.stringify({ machine: await describeMachine(), rows }, null, 2));
  print(table([
    ["one request of 270 KB", "CPU, µs", "garbage, KB"],
    ...rows.map(({ name, cpu_us, garbage_bytes }) => [
      name,
      String(cpu_us),
      (garbage_bytes / 1000).toFixed(1),
    ]),
  ]));
}

function open(url: string, api: "auto" | "kserve" | "tfs"): Inference {
  return openInference(serverConfig({ url, modelName: "instant", api }), getLogger(["bench"]));
}

function askGrpcJs(): Promise<unknown> {
  const { path, requestSerialize, responseDeserialize } = method;
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      message,
      (error, answer) => error ? reject(error) : resolve(answer),
    )
  );
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
