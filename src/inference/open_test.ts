import { status } from "@grpc/grpc-js";
import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { failureOf } from "../../tests/support/failure_of.ts";
import { collectLog } from "../../tests/support/log_lines.ts";
import { serverConfig } from "../../tests/support/server_config.ts";
import { withFiles } from "../../tests/support/with_files.ts";
import { type Answer, withGrpcServer } from "../../tests/support/with_grpc_server.ts";
import type { Tensors } from "../frame/tensor.ts";
import { type Inference, InferenceError, type ModelServerConfig } from "./inference.ts";
import { openInference } from "./open.ts";
import { loadKserve, loadTensorflowServing } from "./transport/protos.ts";

const floats: Tensors = { x: { datatype: "FP32", shape: [2], data: Float32Array.of(1, 2) } };
const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
const picture: Tensors = { image: { datatype: "BYTES", shape: [1], data: [jpeg] } };

Deno.test("api auto takes TensorFlow Serving from a server that has no KServe, and KServe from its successor", async () => {
  const { prediction } = await loadTensorflowServing();
  const output = { dtype: "DT_FLOAT", tensor_shape: { dim: [{ size: 3 }] }, float_val: [7, 8] };
  const old = await withGrpcServer({
    services: [[prediction, { Predict: () => ({ outputs: { y: output } }) }]],
  });
  await using inference = open(old.port, "auto");
  const { y } = await inference.infer(floats);
  // Elements at the end that repeat are left out in that protocol.
  deepEqual(y, { datatype: "FP32", shape: [3], data: Float32Array.of(7, 8, 8) });
  old[Symbol.dispose]();
  using _new = await kserve({ ServerLive: live, ModelInfer: () => answer }, old.port);
  await untilAnswered(async () => {
    deepEqual((await inference.infer(floats))["y"]?.data, Float32Array.of(0.5));
  });
});

Deno.test("infer() sends pictures as bytes_contents, and as raw contents beside numbers", async () => {
  const requests: { inputs: { contents: unknown }[]; raw_input_contents: Uint8Array[] }[] = [];
  using server = await kserve({
    ModelInfer: (request) => {
      requests.push(request);
      return answer;
    },
  });
  await using inference = open(server.port, "kserve");
  await inference.infer(picture);
  await inference.infer({ ...picture, ...floats });
  const [alone, mixed] = requests;
  const contents = alone?.inputs[0]?.contents as { bytes_contents: Uint8Array[] };
  deepEqual(contents.bytes_contents.map((item) => [...item]), [[...jpeg]]);
  deepEqual(alone?.raw_input_contents, []);
  equal(mixed?.inputs[0]?.contents, null);
  deepEqual([...mixed!.raw_input_contents[0]!], [4, 0, 0, 0, ...jpeg]);
  deepEqual([...mixed!.raw_input_contents[1]!], [0, 0, 128, 63, 0, 0, 0, 64]);
});

Deno.test("infer() reads answers that come as numbers instead of bytes", async () => {
  const outputs = [
    {
      name: "ids",
      datatype: "INT64",
      shape: [1],
      contents: { int64_contents: ["9007199254740993"] },
    },
    { name: "labels", datatype: "BYTES", shape: [1], contents: { bytes_contents: [jpeg] } },
    { name: "flags", datatype: "BOOL", shape: [2], contents: { bool_contents: [true, false] } },
  ];
  using server = await kserve({ ModelInfer: () => ({ model_name: "m", outputs }) });
  await using inference = open(server.port, "kserve");
  const { ids, labels, flags } = await inference.infer(floats);
  deepEqual(ids?.data, BigInt64Array.of(9007199254740993n));
  deepEqual([...(labels?.data as Uint8Array[])[0]!], [...jpeg]);
  deepEqual(flags?.data, Uint8Array.of(1, 0));
});

Deno.test("infer() gives outputs that later answers leave alone, over either protocol", async () => {
  const { prediction } = await loadTensorflowServing();
  let asked = 0;
  // Bytes stand on any boundary, so that nothing but this moves them out of the message.
  const bytes = () => Uint8Array.of(++asked);
  const outputs = [{ name: "y", datatype: "UINT8", shape: [1] }];
  const dim = [{ size: 1 }];
  using server = await withGrpcServer({
    services: [
      [await loadKserve(), {
        ModelInfer: () => ({ ...answer, outputs, raw_output_contents: [bytes()] }),
      }],
      [prediction, {
        Predict: () => {
          const tensor_shape = { dim };
          const y = { dtype: "DT_UINT8", tensor_shape, tensor_content: bytes() };
          const label = Uint8Array.of(64 + asked);
          return { outputs: { y, z: { dtype: "DT_STRING", tensor_shape, string_val: [label] } } };
        },
      }],
    ],
  });
  for (const api of ["kserve", "tfs"] as const) {
    asked = 0;
    await using inference = open(server.port, api);
    const answers: Tensors[] = [];
    for (let request = 0; request < 3; request++) answers.push(await inference.infer(floats));
    deepEqual(
      answers.map(({ y }) => y?.data),
      [1, 2, 3].map((value) => Uint8Array.of(value)),
    );
    if (api === "tfs") {
      deepEqual(
        answers.map(({ z }) => z?.data),
        [65, 66, 67].map((byte) => [Uint8Array.of(byte)]),
      );
    }
  }
});

Deno.test("infer() that is aborted is cancelled at the server", async () => {
  const arrived = Promise.withResolvers<void>();
  const cancelledThere = Promise.withResolvers<void>();
  using server = await kserve({
    ModelInfer: async (_request, call) => {
      call.on("cancelled", cancelledThere.resolve);
      arrived.resolve();
      await cancelledThere.promise;
      return answer;
    },
  });
  await using inference = open(server.port, "kserve");
  const controller = new AbortController();
  const result = inference.infer(floats, { signal: controller.signal });
  await arrived.promise;
  controller.abort();
  equal((await failureOf(result)).reason, "cancelled");
  await cancelledThere.promise;
});

// What servers say, and what becomes of it: status, its words, the reason, and the hint.
const failures = [
  [status.NOT_FOUND, "Model with requested name is not found", "model_not_found", /--model_name/],
  [
    status.NOT_FOUND,
    "Model with requested version is not found",
    "model_not_found",
    /--model_version/,
  ],
  [status.INVALID_ARGUMENT, "Invalid input shape - Expected: (1,3)", "invalid_input", /--layout/],
  [status.UNAUTHENTICATED, "no token", "unauthorized", /--tls_cert/],
  [status.PERMISSION_DENIED, "not you", "unauthorized", /--tls_cert/],
  [status.UNIMPLEMENTED, "no such method", "unsupported", /--api/],
  [status.UNAVAILABLE, "Model is not loaded yet", "unavailable", /--ovms_url/],
  [
    status.RESOURCE_EXHAUSTED,
    "Received message larger than max (9 vs. 4)",
    "too_large",
    /--binary_input/,
  ],
  [status.DEADLINE_EXCEEDED, "too slow", "timeout", /--inference_timeout_ms/],
  [status.INTERNAL, "Internal inference error", "server_error", /log/],
] as const;

for (const [code, details, reason, hint] of failures) {
  Deno.test(`infer() makes ${reason} of ${status[code]}: ${details}`, async () => {
    using server = await kserve({
      ModelInfer: () => {
        throw Object.assign(new Error(details), { code, details });
      },
    });
    await using inference = open(server.port, "kserve");
    const failure = await failureOf(inference.infer(floats));
    equal(failure.reason, reason);
    ok(failure.message.includes(details), failure.message);
    match(failure.hint, hint);
  });
}

Deno.test("infer() says too_large when the request is over the server's limit", async () => {
  using server = await kserve(
    { ModelInfer: () => answer },
    0,
    { "grpc.max_receive_message_length": 1000 },
  );
  await using inference = open(server.port, "kserve");
  const x = { datatype: "UINT8", shape: [5000], data: new Uint8Array(5000) } as const;
  equal((await failureOf(inference.infer({ x }))).reason, "too_large");
});

Deno.test("infer() names a TLS file that cannot be read", async () => {
  await using inference = open(1, "kserve", {
    url: "grpcs://127.0.0.1:1",
    tls: { caFile: "/absent/ca.pem", certFile: null, keyFile: null },
  });
  const failure = await failureOf(inference.infer(floats));
  match(failure.message, /Cannot read certificate authority \/absent\/ca.pem/);
  match(failure.hint, /--tls_ca/);
});

Deno.test("a backend that could not be opened is opened again when it is asked again", async () => {
  await withFiles({}, async (folder) => {
    const caFile = join(folder, "ca.pem");
    await using inference = open(1, "kserve", {
      url: "grpcs://127.0.0.1:1",
      tls: { caFile, certFile: null, keyFile: null },
    });
    const words = async () => (await failureOf(inference.infer(floats))).message;
    match(await words(), /Cannot read certificate authority/);
    await Deno.writeTextFile(caFile, "no certificate");
    ok(!/Cannot read certificate authority .*: no such file/.test(await words()));
  });
});

Deno.test("api auto tells once which protocol it uses, and again when that is another one", async () => {
  const { prediction } = await loadTensorflowServing();
  const output = { dtype: "DT_FLOAT", tensor_shape: { dim: [{ size: 1 }] }, float_val: [7] };
  const fails = () => {
    throw Object.assign(new Error("away"), { code: status.UNAVAILABLE, details: "away" });
  };
  using log = collectLog("open");
  let speaksKserve = true;
  let isAway = false;
  using server = await withGrpcServer({
    services: [[await loadKserve(), {
      ServerLive: () => {
        if (speaksKserve) return live();
        throw Object.assign(new Error("no"), { code: status.UNIMPLEMENTED, details: "no" });
      },
      ModelInfer: () => isAway ? fails() : answer,
    }], [prediction, { Predict: () => isAway ? fails() : ({ outputs: { y: output } }) }]],
  });
  const config = serverConfig({ url: `grpc://127.0.0.1:${server.port}`, modelName: "m" });
  await using inference = openInference(config, log.logger);
  const ask = async () => ((await inference.infer(floats))["y"]!.data as Float32Array)[0];
  const lose = async () => {
    isAway = true;
    equal((await failureOf(inference.infer(floats))).reason, "unavailable");
    isAway = false;
  };
  deepEqual([await ask(), await ask()], [0.5, 0.5]);
  equal(log.messages.length, 1);
  // It comes back, the same.
  await lose();
  equal(await ask(), 0.5);
  equal(log.messages.length, 1);
  speaksKserve = false;
  await lose();
  equal(await ask(), 7);
  deepEqual(log.messages.map((line) => /^using .*(KServe|TensorFlow)/.exec(line)?.[1]), [
    ...["KServe", "TensorFlow"],
  ]);
  // One that is named is not told.
  await using named = openInference({ ...config, api: "tfs" }, log.logger);
  await named.infer(floats);
  equal(log.messages.length, 2);
});

Deno.test("a model that was closed, before or behind its first request, is asked no more", async () => {
  using server = await kserve({ ServerLive: live, ModelInfer: () => answer });
  for (const asksBefore of [false, true]) {
    const inference = open(server.port, "auto");
    if (asksBefore) await inference.infer(floats);
    await inference[Symbol.asyncDispose]();
    await inference[Symbol.asyncDispose]();
    for (const asking of [inference.infer(floats), inference.metadata()]) {
      const { reason, message } = await failureOf(asking);
      deepEqual([reason, message], [
        "cancelled",
        `Cannot ask m at grpc://127.0.0.1:${server.port}: it was closed`,
      ]);
    }
    equal(await inference.ready(), false);
  }
});

Deno.test("a model that runs elsewhere is not embedded, and no model at all is always ready", async () => {
  const server = open(1, "kserve");
  equal(server.embedded, false);
  equal(await server.ready(), false);
  await server[Symbol.asyncDispose]();
  await using onnx = openInference(
    { kind: "onnx", path: "/a/b.onnx", timeoutMs: 1 },
    getLogger(["test"]),
  );
  deepEqual([onnx.embedded, onnx.description], [true, "b.onnx (ONNX, in this process)"]);
  await using none = openInference({ kind: "none" }, getLogger(["test"]));
  equal(await none.ready(), true);
});

const answer = {
  model_name: "m",
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
  raw_output_contents: [new Uint8Array(Float32Array.of(0.5).buffer)],
};

function live() {
  return { live: true };
}

async function kserve(answers: Record<string, Answer>, port = 0, options = {}) {
  return await withGrpcServer({ services: [[await loadKserve(), answers]], port, options });
}

function open(
  port: number,
  api: ModelServerConfig["api"],
  overrides: Partial<ModelServerConfig> = {},
): Inference {
  const url = `grpc://127.0.0.1:${port}`;
  const config = serverConfig({ url, modelName: "m", api, timeoutMs: 3000, ...overrides });
  return openInference(config, getLogger(["test"]));
}

// A few requests are lost while the connection mends itself.
async function untilAnswered(request: () => Promise<void>): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof InferenceError) || attempt > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
