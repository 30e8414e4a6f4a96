/**
 * One request of a 300×300 uint8 picture (270 KB): `deno task bench clients`.
 *
 * The server is a process of its own that answers at once. Times are of the round trip, so they
 * hold the server's share too; ratios within a group are what counts.
 */

import { Client, credentials, type MethodDefinition } from "@grpc/grpc-js";
import { getLogger } from "@logtape/logtape";
import type { Tensors } from "../src/frame/tensor.ts";
import { ModelInferEncoder } from "../src/inference/kserve/kserve_request.ts";
import { openInference } from "../src/inference/open.ts";
import { loadKserve } from "../src/inference/transport/protos.ts";
import { serverConfig } from "../tests/support/server_config.ts";
import { startInstantServer } from "./start.ts";

const pixels = new Uint8Array(300 * 300 * 3);
const inputs: Tensors = { image: { datatype: "UINT8", shape: [1, 300, 300, 3], data: pixels } };
const message = {
  model_name: "instant",
  inputs: [{ name: "image", datatype: "UINT8", shape: [1, 300, 300, 3] }],
  raw_input_contents: [pixels],
};

const { ModelInfer } = await loadKserve();
const { requestSerialize, responseDeserialize, path } = ModelInfer as MethodDefinition<
  object,
  object
>;

const encoder = new ModelInferEncoder({ modelName: "instant", modelVersion: "" });

Deno.bench("encode by hand, gRPC's frame included", { group: "encode", baseline: true }, () => {
  encoder.encode(inputs);
});

Deno.bench("encode with protobufjs, without the frame", { group: "encode" }, () => {
  requestSerialize(message);
});

const { child, port } = await startInstantServer();
addEventListener("unload", () => Deno.kill(child.pid));
const inference = openInference(
  serverConfig({ url: `grpc://127.0.0.1:${port}`, modelName: "instant", api: "kserve" }),
  getLogger(["bench"]),
);

Deno.bench("KServe gRPC, our own HTTP/2", { group: "request", baseline: true }, async () => {
  await inference.infer(inputs);
});

const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());

Deno.bench("KServe gRPC over @grpc/grpc-js", { group: "request" }, async () => {
  await new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      message,
      (error, answer) => error ? reject(error) : resolve(answer),
    )
  );
});
