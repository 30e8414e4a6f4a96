/** Our clients against MLServer, a KServe server that is not ours, with OpenVINO behind it. */

import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { type Inference, InferenceError } from "../../src/inference/inference.ts";
import { openInference } from "../../src/inference/open.ts";
import { encodeOnnx } from "../support/onnx_model.ts";
import { poll } from "../support/poll.ts";
import { serverConfig } from "../support/server_config.ts";
import { type PythonServer, startPythonServer } from "./python_server.ts";
import { pythonVenv } from "./python_venv.ts";

const startTimeoutMs = 60_000;
const { python, missing } = await pythonVenv("mlserver", "mlserver/requirements.txt");
const reason = missing === null ? "" : ` (ignored: ${missing})`;
const ignore = missing !== null;

const model = encodeOnnx({
  inputs: { image: ["UINT8", [1, 4, 6, 3]], a: ["FP32", ["rows", 3]], ids: ["INT64", [2]] },
  outputs: { planes: ["UINT8", [1, 3, 4, 6]], doubled: ["FP32", ["rows", 3]], sum: ["INT64", [2]] },
  nodes: [
    { op: "Transpose", inputs: ["image"], outputs: ["planes"], attributes: { perm: [0, 3, 1, 2] } },
    { op: "Add", inputs: ["a", "a"], outputs: ["doubled"] },
    { op: "Add", inputs: ["ids", "ids"], outputs: ["sum"] },
  ],
});

Deno.test(
  `MLServer is understood over gRPC, and over REST, where it takes no binary tensors${reason}`,
  { ignore },
  async (test) => {
    await using server = await startMlserver(python!);
    await using grpc = open(`grpc://127.0.0.1:${server.grpcPort}`, "m");
    await poll("MLServer is ready", () => grpc.ready(), startTimeoutMs);

    for (
      const [name, url] of [
        ["gRPC", `grpc://127.0.0.1:${server.grpcPort}`],
        ["REST", `http://127.0.0.1:${server.httpPort}`],
      ] as const
    ) {
      await test.step(`metadata and readiness over ${name}`, async () => {
        await using inference = open(url, "m");
        equal(await inference.ready(), true);
        const { inputs, outputs } = await inference.metadata();
        deepEqual(inputs.map((spec) => [spec.name, spec.datatype, spec.shape]), [
          ["image", "UINT8", [1, 4, 6, 3]],
          ["a", "FP32", [-1, 3]],
          ["ids", "INT64", [2]],
        ]);
        deepEqual(outputs.map(({ name }) => name), ["planes", "doubled", "sum"]);
      });

      await test.step(`an unknown model over ${name} is model_not_found`, async () => {
        await using absent = open(url, "absent");
        equal(await absent.ready(), false);
        await rejects(absent.metadata(), (error) => {
          ok(error instanceof InferenceError);
          equal(error.reason, "model_not_found", error.message);
          return true;
        });
      });
    }

    for (const url of [server.grpcPort, server.httpPort].map(toUrl)) {
      await test.step(`infer() at ${url.slice(0, 4)} gives what OpenVINO computed`, async () => {
        await using inference = open(url, "m");
        // OpenVINO's CPU plugin computes 64-bit integers with 32 bits, so they are small here.
        const image = Uint8Array.from({ length: 72 }, (_, index) => index);
        const { planes, doubled, sum } = await inference.infer({
          image: { datatype: "UINT8", shape: [1, 4, 6, 3], data: image },
          a: { datatype: "FP32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
          ids: { datatype: "INT64", shape: [2], data: BigInt64Array.of(-1n, 1n << 20n) },
        });
        deepEqual(planes?.shape, [1, 3, 4, 6]);
        deepEqual([...planes?.data as Uint8Array].slice(0, 3), [0, 3, 6]);
        deepEqual(doubled?.data, Float32Array.of(2, 4, 6, 8, 10, 12));
        deepEqual(sum?.data, BigInt64Array.of(-2n, 1n << 21n));
      });
    }

    function toUrl(port: number): string {
      return `${port === server.grpcPort ? "grpc" : "http"}://127.0.0.1:${port}`;
    }
  },
);

function open(url: string, modelName: string): Inference {
  return openInference(serverConfig({ url, modelName, timeoutMs: 10_000 }), getLogger(["test"]));
}

function startMlserver(python: string): Promise<PythonServer> {
  return startPythonServer((ports, folder) => ({
    "model.onnx": model,
    "settings.json": JSON.stringify({
      host: "127.0.0.1",
      http_port: ports.http,
      grpc_port: ports.grpc,
      metrics_port: ports.metrics,
      // In one process, so that ending it ends everything.
      parallel_workers: 0,
    }),
    "model-settings.json": JSON.stringify({
      name: "m",
      implementation: "openvino_runtime.OpenVinoModel",
      parameters: { uri: `${folder}/model.onnx`, version: "1" },
    }),
  }), (_ports, folder) => ({
    program: python,
    args: ["-m", "mlserver.cli.main", "start", folder],
    env: { PYTHONPATH: new URL("mlserver/", import.meta.url).pathname },
  }));
}
