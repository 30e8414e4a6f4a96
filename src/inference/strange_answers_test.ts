/** Whatever a server answers: what was asked for, or an InferenceError that a person can read. */

import { getLogger } from "@logtape/logtape";
import { Buffer } from "node:buffer";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { failureOf } from "../../tests/support/failure_of.ts";
import { serverConfig } from "../../tests/support/server_config.ts";
import { withGrpcServer } from "../../tests/support/with_grpc_server.ts";
import type { Tensors } from "../frame/tensor.ts";
import { type Inference, InferenceError, noSessionCounts } from "./inference.ts";
import { openInference } from "./open.ts";
import { loadKserve, loadTensorflowServing } from "./transport/protos.ts";

const floats: Tensors = { x: { datatype: "FP32", shape: [2], data: Float32Array.of(1, 2) } };
const metadata = {
  name: "m",
  versions: ["1"],
  platform: "",
  inputs: [{ name: "x", datatype: "FP32", shape: [-1, 3] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [-1, 3] }],
};
const answer = {
  model_name: "m",
  outputs: [{ name: "y", datatype: "FP32", shape: [1, 3], data: [[1, 2, 3]] }],
};

Deno.test("any JSON as an answer over REST is metadata and tensors, or one readable sentence", async () => {
  let body = "";
  let status = 200;
  await using server = serveHttp(() => new Response(body, { status }));
  await using inference = open(server.url);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.jsonValue(), damaged(metadata), damaged(answer)),
      fc.constantFrom(200, 200, 200, 400, 404, 422, 500, 501, 503),
      async (value, code) => {
        body = JSON.stringify(value);
        status = code;
        await askEverything(inference);
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("a graph is known by what its server does not say of it", async () => {
  const unspecified = { datatype: "INVALID", shape: [] };
  const described = (x: object, y: object) => ({
    ...metadata,
    inputs: [{ name: "x", ...x }],
    outputs: [{ name: "y", ...y }],
  });
  let says: object = {};
  using server = await withGrpcServer({
    services: [[await loadKserve(), { ModelMetadata: () => says, ServerLive: () => ({}) }]],
  });
  await using inference = open(`grpc://127.0.0.1:${server.port}`);
  says = described(unspecified, unspecified);
  const { graph, inputs } = await inference.metadata();
  deepEqual([graph, inputs], [true, [{ name: "x", datatype: "UINT8", shape: [] }]]);
  // It is asked in a stream where the use case asks for one, and not otherwise.
  const sessionFor = async (asked: boolean) => {
    const options = { outputs: null, maxAgeMs: null, logger: getLogger(["test"]) };
    return await inference.session!({ asked, ...options, counts: noSessionCounts() });
  };
  equal(await sessionFor(false), null);
  await using session = await sessionFor(true);
  ok(session !== null);
  // A model with one output that nothing is known of is none.
  for (const other of [{ datatype: "FP32", shape: [3] }, { datatype: "INVALID", shape: [1] }]) {
    says = described(other, unspecified);
    equal((await failureOf(inference.metadata())).reason, "unsupported");
  }
});

Deno.test("any bytes as an answer over gRPC are metadata and tensors, or one readable sentence", async () => {
  let bytes = new Uint8Array();
  const raw = { responseSerialize: () => Buffer.from(bytes) };
  const { prediction, model } = await loadTensorflowServing();
  const services = [await loadKserve(), prediction, model].map((service) => {
    const methods = Object.entries(service).map(([name, method]) => [name, { ...method, ...raw }]);
    const answers = Object.keys(service).map((name) => [name, () => ({})]);
    return [Object.fromEntries(methods), Object.fromEntries(answers)] as const;
  });
  using server = await withGrpcServer({ services });
  const backends = (["kserve", "tfs"] as const).map((api) =>
    open(`grpc://127.0.0.1:${server.port}`, api)
  );
  const { ModelMetadata, ModelInfer } = await loadKserve();
  const right = [
    ModelMetadata!.responseSerialize(metadata),
    ModelInfer!.responseSerialize({
      outputs: [{ name: "y", datatype: "FP32", shape: [1, 3] }],
      raw_output_contents: [new Uint8Array(12)],
    }),
    prediction["Predict"]!.responseSerialize({
      outputs: { y: { dtype: 1, tensor_shape: { dim: [{ size: 9 }] }, float_val: [1] } },
    }),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.tuple(
          fc.constantFrom(...right),
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
          fc.nat(),
        ).map(([message, changes, length]) => {
          const changed = Uint8Array.from(message);
          for (const [at, value] of changes) changed[at % changed.byteLength] = value;
          return changed.subarray(0, length % 3 === 0 ? length % changed.byteLength : undefined);
        }),
      ),
      async (message) => {
        bytes = Uint8Array.from(message);
        for (const backend of backends) await askEverything(backend);
      },
    ),
    { numRuns: 400 },
  );
  for (const backend of backends) await backend[Symbol.asyncDispose]();
});

// What KServe's own server, MLServer and Triton say, and what no server should.
const told = [
  ["null versions, as KServe's own server has them", { ...metadata, versions: null }, null],
  ["no versions", { ...metadata, versions: [] }, null],
  ["numbers as versions", { ...metadata, versions: [1] }, null],
  ["no lists at all", { name: "m" }, null],
  ["null lists", { ...metadata, inputs: null, outputs: null }, null],
  ["null", null, /: it is null, and has to be an object$/],
  ["a list", [metadata], /: it is a list, and has to be an object$/],
  [
    "a tensor that is null",
    { ...metadata, inputs: [null] },
    /inputs\[0\] is null, and has to be an object/,
  ],
  [
    "a shape that is text",
    withInput({ shape: "1,3" }),
    /inputs\[0\]\.shape is the text "1,3", and has to be a list/,
  ],
  [
    "an extent that is null",
    withInput({ shape: [null] }),
    /\]\.shape\[0\] is null, and has to be a number/,
  ],
  [
    "an extent that is a word",
    withInput({ shape: ["x"] }),
    /\]\.shape\[0\] is the text "x", and has to be a number$/,
  ],
  [
    "an extent that is huge",
    withInput({ shape: [1e15] }),
    /\]\.shape\[0\] is 1000000000000000, the most allowed is 2147483647$/,
  ],
  [
    "a version that is null",
    { ...metadata, versions: [null] },
    /: versions\[0\] is null, and has to be a text or a number$/,
  ],
  [
    "a name that is a number",
    withInput({ name: 7 }),
    /: inputs\[0\]\.name is 7, and has to be a text$/,
  ],
  [
    "a tensor without a shape",
    { ...metadata, inputs: [{ name: "x", datatype: "FP32" }] },
    /: inputs\[0\]\.shape is missing$/,
  ],
  [
    "an extent that is a fraction",
    withInput({ shape: [1.5] }),
    /inputs\[0\]\.shape\[0\] is 1\.5, and has to be a whole number$/,
  ],
  [
    "a datatype that is a list",
    withInput({ datatype: ["FP32"] }),
    /inputs\[0\]\.datatype is a list, and has to be a text$/,
  ],
  ["a nameless tensor", withInput({ name: "" }), /inputs\[0\]\.name is an empty text$/],
  ["an error instead", { error: ["deep", ["er"]] }, null],
] as const;

for (const [what, value, problem] of told) {
  Deno.test(`metadata() over REST makes sense of ${what}`, async () => {
    await using server = serveHttp(() => Response.json(value));
    await using inference = open(server.url);
    if (problem === null) {
      equal((await inference.metadata()).name, "m");
      return;
    }
    const failure = await failureOf(inference.metadata());
    match(failure.message, /^Cannot read what the server says of model m: /);
    match(failure.message, problem);
    match(failure.hint, /--ovms_url/);
  });
}

Deno.test("answers nested a hundred thousand deep, and errors of three megabytes, are told in a line", async () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const head = `{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":`;
  const words = "no such model or not found or model ".repeat(80_000);
  let response = () => new Response(deep);
  await using server = serveHttp(() => response());
  await using inference = open(server.url);
  await askEverything(inference);
  response = () => new Response(`${head}${deep}}]}`);
  match((await failureOf(inference.infer(floats))).message, /nested deeper than 64/);
  response = () => new Response(`{"error":${deep}}`, { status: 400 });
  await askEverything(inference);
  response = () => Response.json({ error: words }, { status: 400 });
  await askEverything(inference);
});

Deno.test("a page of a proxy's is told by its status", async () => {
  const page = "<html><head><title>502 Bad Gateway</title></head></html>";
  let status = 502;
  await using server = serveHttp(() => new Response(page, { status }));
  await using inference = open(server.url);
  for (status of [502, 503]) {
    const failure = await failureOf(inference.infer(floats));
    equal(failure.reason, "unavailable");
    match(failure.message, new RegExp(`: HTTP status ${status}$`));
  }
});

Deno.test("ready() over REST heeds a body that says no", async () => {
  await using server = serveHttp(() => Response.json({ name: "m", ready: false }));
  await using inference = open(server.url);
  equal(await inference.ready(), false);
});

Deno.test("outputs in JSON are what they say they are", async () => {
  let output: Record<string, unknown> = {};
  await using server = serveHttp(() => Response.json({ outputs: [{ name: "y", ...output }] }));
  await using inference = open(server.url);
  const cases = [
    [{ datatype: "UINT8", shape: [2], data: [300, 1] }, /does not fit into UINT8/],
    [{ datatype: "UINT8", shape: [1], data: [1.5] }, /an element of type UINT8 is number/],
    [{ datatype: "FP32", shape: [1], data: ["1"] }, /an element of type FP32 is string/],
    [{ datatype: "FP32", shape: [2], data: [1] }, /1 elements came for FP32 \[2\]/],
    [{ datatype: "FP32", shape: [1], data: [1, 2] }, /2 elements came/],
    [{ datatype: "FP32", shape: [1], data: {} }, /its data are no list/],
    [{ datatype: "INT64", shape: [1], data: ["x"] }, /an element of type INT64/],
    [
      { datatype: "FP32", shape: [-1], data: [] },
      /outputs\[0\]\.shape\[0\] is -1, the least allowed is 0/,
    ],
  ] as const;
  for (const [value, problem] of cases) {
    output = value;
    match((await failureOf(inference.infer(floats))).message, problem);
  }
  output = { datatype: "FP32", shape: [2, 2], data: [[1, null], [[2], 3]] };
  deepEqual([...(await inference.infer(floats))["y"]?.data as Float32Array], [1, NaN, 2, 3]);
  output = { datatype: "INT64", shape: [2], data: ["9007199254740993", -1] };
  deepEqual((await inference.infer(floats))["y"]?.data, BigInt64Array.of(9007199254740993n, -1n));
});

/** A value with something else in one of its places. */
function damaged(value: unknown): fc.Arbitrary<unknown> {
  const whole: fc.Arbitrary<unknown> = fc.jsonValue();
  if (typeof value !== "object" || value === null) return whole;
  const places = Object.entries(value).map(([key, item]) => {
    return damaged(item).map((other) => {
      if (!Array.isArray(value)) return { ...value, [key]: other };
      return value.map((one, index) => index === Number(key) ? other : one);
    });
  });
  return fc.oneof(whole, ...places);
}

async function askEverything(inference: Inference): Promise<void> {
  equal(typeof await inference.ready(), "boolean");
  await readable(inference.metadata());
  const outputs = await readable(inference.infer(floats));
  for (const { shape, data } of Object.values(outputs ?? {})) {
    equal(data.length, shape.reduce((count, extent) => count * extent, 1));
  }
}

async function readable<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    ok(error instanceof InferenceError, Deno.inspect(error));
    const { message, hint } = error;
    ok(message.length <= 1001 && !/\p{Cc}/u.test(message), message);
    match(message, /^Cannot /);
    ok(!/undefined|is not a function|\[object/.test(message), message);
    equal(typeof hint, "string");
    return undefined;
  }
}

function withInput(change: object): unknown {
  return { ...metadata, inputs: [{ ...metadata.inputs[0], ...change }] };
}

function serveHttp(answer: (request: Request) => Response) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function open(url: string, api: "auto" | "kserve" | "tfs" = "auto"): Inference {
  return openInference(serverConfig({ url, modelName: "m", api }), getLogger(["test"]));
}
