/** Our clients against MLServer, a KServe server that is not ours, with OpenVINO behind it. */

import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { type Inference, InferenceError } from "../../src/inference/inference.ts";
import { openInference } from "../../src/inference/open.ts";
import { encodeOnnx } from "../support/onnx_model.ts";
import { poll } from "../support/poll.ts";
import { serverConfig } from "../support/server_config.ts";
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
  `MLServer is understood over gRPC, and over REST as far as it goes${reason}`,
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

    await test.step("infer() over gRPC gives what OpenVINO computed", async () => {
      // OpenVINO's CPU plugin computes 64-bit integers with 32 bits, so they are small here.
      const image = Uint8Array.from({ length: 72 }, (_, index) => index);
      const { planes, doubled, sum } = await grpc.infer({
        image: { datatype: "UINT8", shape: [1, 4, 6, 3], data: image },
        a: { datatype: "FP32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
        ids: { datatype: "INT64", shape: [2], data: BigInt64Array.of(-1n, 1n << 20n) },
      });
      deepEqual(planes?.shape, [1, 3, 4, 6]);
      deepEqual([...planes?.data as Uint8Array].slice(0, 3), [0, 3, 6]);
      deepEqual(doubled?.data, Float32Array.of(2, 4, 6, 8, 10, 12));
      deepEqual(sum?.data, BigInt64Array.of(-2n, 1n << 21n));
    });

    await test.step("infer() over REST is refused in words, for MLServer takes no binary tensors", async () => {
      await using rest = open(`http://127.0.0.1:${server.httpPort}`, "m");
      const ids = { datatype: "INT64", shape: [2], data: new BigInt64Array(2) } as const;
      await rejects(rest.infer({ ids }), (error) => {
        ok(error instanceof InferenceError);
        ok(error.message.includes("HTTP"), error.message);
        return true;
      });
    });
  },
);

function open(url: string, modelName: string): Inference {
  return openInference(serverConfig({ url, modelName, timeoutMs: 10_000 }), getLogger(["test"]));
}

async function startMlserver(python: string) {
  const folder = await Deno.makeTempDir({ prefix: "sightline_mlserver_" });
  const [httpPort, grpcPort, metricsPort] = freePorts(3);
  await Deno.writeFile(`${folder}/model.onnx`, model);
  await writeJson("settings.json", {
    host: "127.0.0.1",
    http_port: httpPort,
    grpc_port: grpcPort,
    metrics_port: metricsPort,
    // In one process, so that ending it ends everything.
    parallel_workers: 0,
  });
  await writeJson("model-settings.json", {
    name: "m",
    implementation: "openvino_runtime.OpenVinoModel",
    parameters: { uri: `${folder}/model.onnx`, version: "1" },
  });
  const child = new Deno.Command(python, {
    args: ["-m", "mlserver.cli.main", "start", folder],
    cwd: folder,
    env: { PYTHONPATH: new URL("mlserver/", import.meta.url).pathname },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    httpPort: httpPort!,
    grpcPort: grpcPort!,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };

  async function writeJson(name: string, value: unknown): Promise<void> {
    await Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(value));
  }
}

// MLServer cannot say which port it was given, so the ports are chosen before, and free a moment
// later.
function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}
