import { status } from "@grpc/grpc-js";
import { Image } from "imagescript";
import assert from "node:assert/strict";
import { loadTensorflowServing } from "../src/inference/transport/protos.ts";
import { connect, floats, pictureModel, toFloats, writeModel } from "./model_server_client.ts";
import { withModelServer } from "./support/with_model_server.ts";

const tensorflow = await loadTensorflowServing();
const pixels = Float32Array.from({ length: 72 }, (_, i) => i);
const content = new Uint8Array(pixels.buffer);
const shape = (...extents: number[]) => ({ dim: extents.map((size) => ({ size })) });
const image = { dtype: "DT_FLOAT", tensor_shape: shape(1, 3, 4, 6), tensor_content: content };
const spec = { name: "m" };

Deno.test("model_server over TensorFlow Serving's gRPC", async (test) => {
  await using model = await writeModel(pictureModel);
  await using server = await withModelServer({ modelPath: model.path, modelName: "m" });
  using prediction = connect(server.grpcPort, tensorflow.prediction);
  using models = connect(server.grpcPort, tensorflow.model);

  await test.step("describes the model by its signature", async () => {
    const request = { model_spec: spec, metadata_field: ["signature_def"] };
    const { model_spec, metadata } = await prediction.call("GetModelMetadata", request);
    assert.deepEqual([model_spec.name, model_spec.version], ["m", { value: "1" }]);
    const { type_url, value } = metadata.signature_def;
    assert.equal(type_url, "type.googleapis.com/tensorflow.serving.SignatureDefMap");
    const map = tensorflow.signatureDefMap.deserialize(value) as Record<string, never>;
    const { inputs, outputs } = map["signature_def"]!["serving_default"];
    assert.deepEqual(dimsOf(inputs["image"]!), ["DT_FLOAT", ["1", "3", "4", "6"]]);
    assert.deepEqual(dimsOf(outputs["pixels"]!), ["DT_FLOAT", ["1", "3", "4", "6"]]);
  });

  await test.step("says that version 1 is available", async () => {
    const { model_version_status } = await models.call("GetModelStatus", { model_spec: spec });
    const expected = { error_code: 0, error_message: "OK" };
    assert.deepEqual(model_version_status, [
      { version: "1", state: "AVAILABLE", status: expected },
    ]);
  });

  for (const version of [undefined, { value: 0 }, { value: 1 }]) {
    await test.step(`predicts with version ${version?.value ?? "absent"}`, async () => {
      const request = { model_spec: { ...spec, version }, inputs: { image } };
      const { outputs } = await prediction.call("Predict", request);
      assert.deepEqual(dimsOf(outputs.pixels), ["DT_FLOAT", ["1", "3", "4", "6"]]);
      assert.deepEqual(toFloats(outputs.pixels.tensor_content), [...pixels]);
    });
  }

  const { NOT_FOUND, INVALID_ARGUMENT } = status;
  const predict = (tensor: object) => ({ model_spec: spec, inputs: { image: tensor } });
  const metadata = (fields: object) => ({
    model_spec: spec,
    metadata_field: ["signature_def"],
    ...fields,
  });
  const version2 = { name: "m", version: { value: 2 } };
  const noName = "Model with requested name is not found";
  const noVersion = "Model with requested version is not found";
  const picture = { dtype: "DT_STRING", tensor_shape: shape(1), string_val: [await jpeg()] };
  const { tensor_content: _, ...empty } = image;
  // deno-fmt-ignore
  const refusals: [method: string, request: object, code: number, details: string][] = [
    ["GetModelMetadata", metadata({ model_spec: null }), INVALID_ARGUMENT, "model_spec missing in request"],
    ["GetModelMetadata", metadata({ metadata_field: [] }), INVALID_ARGUMENT, "Invalid signature name"],
    ["GetModelMetadata", metadata({ metadata_field: ["x"] }), INVALID_ARGUMENT, "Invalid signature name"],
    ["GetModelMetadata", metadata({ model_spec: { name: "x" } }), NOT_FOUND, noName],
    ["GetModelMetadata", metadata({ model_spec: version2 }), NOT_FOUND, noVersion],
    ["Predict", { model_spec: { name: "x" }, inputs: { image } }, NOT_FOUND, "Pipeline with requested name is not found"],
    ["Predict", { model_spec: version2, inputs: { image } }, NOT_FOUND, noVersion],
    ["Predict", { model_spec: spec }, INVALID_ARGUMENT, "Invalid number of inputs - Expected: 1; Actual: 0"],
    ["Predict", { model_spec: spec, inputs: { y: image } }, INVALID_ARGUMENT, "Missing input with specific name - Required input: image"],
    ["Predict", predict({ ...image, dtype: "DT_UINT8" }), INVALID_ARGUMENT, "Invalid input precision - Expected: FP32; Actual: U8; input name: image"],
    ["Predict", predict({ ...image, tensor_shape: shape(3, 4, 6) }), INVALID_ARGUMENT, "Invalid number of shape dimensions - Expected: (1,3,4,6); Actual: (3,4,6); input name: image"],
    ["Predict", predict({ ...image, tensor_shape: shape(2, 3, 4, 6) }), INVALID_ARGUMENT, "Invalid input batch size - Expected: 1; Actual: 2; input name: image"],
    ["Predict", predict({ ...image, tensor_shape: shape(1, 3, 6, 4) }), INVALID_ARGUMENT, "Invalid input shape - Expected: (1,3,4,6); Actual: (1,3,6,4); input name: image"],
    // Numbers in float_val are not read, by OVMS either.
    ["Predict", predict({ ...empty, float_val: [...pixels] }), INVALID_ARGUMENT, "Invalid content size of tensor proto - Expected: 288 bytes; Actual: 0 bytes; input name: image"],
    ["Predict", predict(picture), INVALID_ARGUMENT, "Invalid number of channels in binary input"],
    ["Predict", predict({ ...picture, string_val: [""] }), INVALID_ARGUMENT, "String val is empty"],
    ["Predict", predict({ ...picture, string_val: [Uint8Array.of(1, 2, 3)] }), INVALID_ARGUMENT, "Image parsing failed"],
  ];
  for (const [method, request, code, details] of refusals) {
    await test.step(`${method} is refused: ${details}`, async () => {
      await prediction.refused(method, request, code, details);
    });
  }
  await test.step("GetModelStatus is refused for what is not served", async () => {
    await models.refused("GetModelStatus", { model_spec: { name: "x" } }, NOT_FOUND, noName);
    await models.refused("GetModelStatus", { model_spec: version2 }, NOT_FOUND, noVersion);
  });
});

Deno.test("model_server over TensorFlow Serving's gRPC takes JPEG with NHWC:NCHW", async () => {
  await using model = await writeModel(pictureModel);
  const flags = ["--layout", "NHWC:NCHW"];
  await using server = await withModelServer({ modelPath: model.path, modelName: "m", flags });
  using prediction = connect(server.grpcPort, tensorflow.prediction);
  const picture = { dtype: "DT_STRING", tensor_shape: shape(1), string_val: [await jpeg()] };
  const { outputs } = await prediction.call("Predict", {
    model_spec: spec,
    inputs: { image: picture },
  });
  const planes = toFloats(outputs.pixels.tensor_content);
  const means = [0, 1, 2].map((c) =>
    planes.slice(c * 24, c * 24 + 24).reduce((sum, value) => sum + value, 0) / 24
  );
  for (const [c, expected] of [10, 100, 200].entries()) {
    assert.ok(Math.abs(means[c]! - expected) < 4, `channel ${c} has ${means[c]}`);
  }
});

Deno.test("model_server over TensorFlow Serving's gRPC takes half and uint16 as numbers", async () => {
  await using model = await writeModel({
    inputs: { half: ["FP16", [2]], word: ["UINT16", [2]] },
    outputs: { half_out: ["FP16", [2]], word_out: ["UINT16", [2]] },
    nodes: [
      { op: "Identity", inputs: ["half"], outputs: ["half_out"] },
      { op: "Identity", inputs: ["word"], outputs: ["word_out"] },
    ],
  });
  await using server = await withModelServer({ modelPath: model.path, modelName: "m" });
  using prediction = connect(server.grpcPort, tensorflow.prediction);
  const half = { dtype: "DT_HALF", tensor_shape: shape(2), half_val: [0x3c00, 0xc000] };
  const word = { dtype: "DT_UINT16", tensor_shape: shape(2), int_val: [1, 65535] };
  const { outputs } = await prediction.call("Predict", {
    model_spec: spec,
    inputs: { half, word },
  });
  const { half_out, word_out } = outputs;
  assert.deepEqual([...half_out.tensor_content], [0x00, 0x3c, 0x00, 0xc0]);
  assert.deepEqual([...word_out.tensor_content], [1, 0, 255, 255]);
  const short = { ...half, half_val: [1] };
  await prediction.refused(
    "Predict",
    { model_spec: spec, inputs: { half: short, word } },
    status.INVALID_ARGUMENT,
    "Invalid number of values in tensor proto container - Expected: 2; Actual: 1; input name: half",
  );
});

Deno.test("model_server over TensorFlow Serving's gRPC takes a message of 25 MB", async () => {
  await using model = await writeModel({
    inputs: { x: ["FP32", ["n"]] },
    outputs: { y: ["FP32", ["n"]] },
    nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
  });
  await using server = await withModelServer({ modelPath: model.path, modelName: "m" });
  using prediction = connect(server.grpcPort, tensorflow.prediction);
  const count = 1920 * 1080 * 3;
  const large = new Uint8Array(count * 4);
  large.set(floats(7));
  const x = { dtype: "DT_FLOAT", tensor_shape: shape(count), tensor_content: large };
  const { outputs } = await prediction.call("Predict", { model_spec: spec, inputs: { x } });
  assert.equal(outputs.y.tensor_content.length, large.length);
  assert.deepEqual(toFloats(outputs.y.tensor_content.subarray(0, 8)), [7, 0]);
});

function dimsOf(info: { dtype: string; tensor_shape: { dim: { size: string }[] } }) {
  return [info.dtype, info.tensor_shape.dim.map(({ size }) => size)];
}

async function jpeg(): Promise<Uint8Array> {
  return await new Image(12, 8).fill(Image.rgbToColor(200, 100, 10)).encodeJPEG(95);
}
