import { getLogger } from "@logtape/logtape";
import { deepEqual, equal } from "node:assert/strict";
import { Image } from "imagescript";
import type { Tensors } from "../src/frame/tensor.ts";
import { Batcher } from "../src/inference/sharing/batcher.ts";
import type { Inference, InferenceConfig } from "../src/inference/inference.ts";
import { openInference } from "../src/inference/open.ts";
import { batchHeight, batchModel, batchWidth } from "./support/batch_model.ts";
import { serverConfig } from "./support/server_config.ts";
import { withModelFile } from "./support/with_model_file.ts";
import { withModelServer } from "./support/with_model_server.ts";

const logger = getLogger(["test"]);
const pixels = batchHeight * batchWidth;

for (
  const [name, scheme, api] of [
    ["KServe over gRPC", "grpc", "kserve"],
    ["KServe over REST", "http", "kserve"],
    ["TensorFlow Serving over gRPC", "grpc", "tfs"],
  ] as const
) {
  Deno.test(`pictures in one request get the answers that they get alone: ${name}`, async () => {
    await using file = await withModelFile("model", batchModel());
    await using server = await withModelServer({ modelPath: file.path });
    const port = scheme === "grpc" ? server.grpcPort : server.restPort;
    await compare(serverConfig({ url: `${scheme}://127.0.0.1:${port}`, api }), [raw, jpeg]);
  });
}

Deno.test("pictures in one request get the answers that they get alone: ONNX", async () => {
  await using file = await withModelFile("model", batchModel());
  await compare({ kind: "onnx", path: file.path, timeoutMs: 5000 }, [raw]);
});

async function compare(
  config: InferenceConfig,
  kinds: readonly ((seed: number) => Promise<Tensors>)[],
): Promise<void> {
  await using inference = openInference(config, logger);
  const model = counted(inference);
  using batcher = new Batcher({
    model,
    maxSize: 4,
    maxWaitMs: 60_000,
    maxInFlight: 2,
    logger,
    onActive: () => {},
  });
  batcher.learn(await inference.metadata());
  equal(batcher.active, true);
  for (const kind of kinds) {
    const requests = await Promise.all(Array.from({ length: 8 }, (_, seed) => kind(seed)));
    const alone = await Promise.all(requests.map((inputs) => inference.infer(inputs)));
    model.sizes.length = 0;
    const together = await Promise.all(requests.map((inputs) => batcher.infer(inputs)));
    deepEqual(model.sizes, [4, 4], "two requests went out");
    deepEqual(together.map(plain), alone.map(plain));
  }
  equal(batcher.active, true);
}

/** The same model, which notes how many pictures each request has. */
function counted(inference: Inference): Inference & { readonly sizes: number[] } {
  const sizes: number[] = [];
  return {
    sizes,
    description: inference.description,
    metadata: () => inference.metadata(),
    ready: () => inference.ready(),
    infer(inputs, options) {
      sizes.push(inputs["picture"]?.shape[0] ?? 0);
      return inference.infer(inputs, options);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function raw(seed: number): Promise<Tensors> {
  const data = Uint8Array.from({ length: pixels * 3 }, (_, index) => (index * (seed + 7)) % 251);
  const shape = [1, batchHeight, batchWidth, 3];
  return Promise.resolve({ picture: { datatype: "UINT8", shape, data } });
}

async function jpeg(seed: number): Promise<Tensors> {
  const image = new Image(batchWidth, batchHeight).fill(Image.rgbToColor(30 * seed, 90, 200));
  return { picture: { datatype: "BYTES", shape: [1], data: [await image.encodeJPEG(90)] } };
}

function plain(outputs: Tensors): unknown {
  return Object.entries(outputs).toSorted().map(([name, { datatype, shape, data }]) => {
    return [name, datatype, [...shape], [...data as Uint8Array]];
  });
}
