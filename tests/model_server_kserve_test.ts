import { status } from "@grpc/grpc-js";
import { Image } from "imagescript";
import assert from "node:assert/strict";
import type { DataType } from "../src/frame/tensor.ts";
import { loadKserve } from "../src/inference/transport/protos.ts";
import { connect, floats, pictureModel, toFloats, writeModel } from "./model_server_client.ts";
import { withModelServer } from "./support/with_model_server.ts";

const kserve = await loadKserve();
const pixels = Float32Array.from({ length: 72 }, (_, i) => i);
const raw = new Uint8Array(pixels.buffer);
const image = { name: "image", datatype: "FP32", shape: [1, 3, 4, 6] };

Deno.test("model_server over KServe gRPC", async (test) => {
  await using model = await writeModel(pictureModel);
  await using server = await withModelServer({ modelPath: model.path, modelName: "m" });
  using client = connect(server.grpcPort, kserve);
  const infer = (fields: object) => ({
    model_name: "m",
    inputs: [image],
    raw_input_contents: [raw],
    ...fields,
  });

  await test.step("is live and ready, and describes itself", async () => {
    assert.deepEqual(await client.call("ServerLive", {}), { live: true });
    assert.deepEqual(await client.call("ServerReady", {}), { ready: true });
    const { name, extensions } = await client.call("ServerMetadata", {});
    assert.deepEqual([name, extensions], ["Sightline model server", ["binary_tensor_data"]]);
  });

  await test.step("describes the model, whichever way its latest version is named", async () => {
    for (const version of ["", "0", "1"]) {
      assert.deepEqual(await client.call("ModelReady", { name: "m", version }), { ready: true });
      assert.deepEqual(await client.call("ModelMetadata", { name: "m", version }), {
        name: "m",
        versions: ["1"],
        platform: "onnxruntime",
        inputs: [{ name: "image", datatype: "FP32", shape: ["1", "3", "4", "6"] }],
        outputs: [{ name: "pixels", datatype: "FP32", shape: ["1", "3", "4", "6"] }],
        parameters: {},
      });
    }
  });

  await test.step("infers from raw and from typed contents", async () => {
    const answer = await client.call("ModelInfer", infer({ id: "17", model_version: "0" }));
    assert.deepEqual([answer.model_name, answer.model_version, answer.id], ["m", "1", "17"]);
    assert.deepEqual(answer.outputs[0].shape, ["1", "3", "4", "6"]);
    assert.deepEqual(toFloats(answer.raw_output_contents[0]), [...pixels]);
    const contents = { fp32_contents: [...pixels] };
    const typed = infer({ inputs: [{ ...image, contents }], raw_input_contents: [] });
    const { raw_output_contents } = await client.call("ModelInfer", typed);
    assert.deepEqual(toFloats(raw_output_contents[0]), [...pixels]);
  });

  const { NOT_FOUND, INVALID_ARGUMENT, UNIMPLEMENTED } = status;
  const region = { shared_memory_region: { string_param: "r" } };
  const noName = "Model with requested name is not found";
  const noVersion = "Model with requested version is not found";
  const tooShort = "Invalid content size of tensor proto - " +
    "Expected: 288 bytes; Actual: 287 bytes; input name: image";
  const both = "Passing buffers both in ModelInferRequest::InferInputTensor::contents and in " +
    "ModelInferRequest::raw_input_contents is not allowed";
  const withContents = { ...image, contents: { fp32_contents: [1] } };
  const bytes = { name: "image", datatype: "BYTES", shape: [1] };
  // deno-fmt-ignore
  const refusals: [method: string, request: object, code: number, details: string][] = [
    ["ModelReady", { name: "x" }, NOT_FOUND, noName],
    ["ModelReady", { name: "m", version: "2" }, NOT_FOUND, noVersion],
    ["ModelReady", { name: "m", version: "one" }, INVALID_ARGUMENT, "invalid model version format in request"],
    ["ModelMetadata", { name: "x" }, NOT_FOUND, noName],
    ["ModelMetadata", { name: "m", version: "-1" }, NOT_FOUND, noVersion],
    ["ModelInfer", infer({ model_name: "x" }), NOT_FOUND, "Mediapipe graph definition with requested name is not found"],
    ["ModelInfer", infer({ model_version: "2" }), NOT_FOUND, noVersion],
    ["ModelInfer", infer({ model_version: "v1" }), INVALID_ARGUMENT, "invalid model version format in request"],
    ["ModelInfer", infer({ inputs: [] }), INVALID_ARGUMENT, "Invalid number of inputs - Expected: 1; Actual: 0"],
    ["ModelInfer", infer({ inputs: [image, image] }), INVALID_ARGUMENT, "Invalid number of inputs - Expected: 1; Actual: 2"],
    ["ModelInfer", infer({ inputs: [{ ...image, name: "y" }] }), INVALID_ARGUMENT, "Missing input with specific name - Required input: image"],
    ["ModelInfer", infer({ inputs: [{ ...image, datatype: "UINT8" }] }), INVALID_ARGUMENT, "Invalid input precision - Expected: FP32; Actual: UINT8; input name: image"],
    ["ModelInfer", infer({ inputs: [{ ...image, datatype: "" }] }), INVALID_ARGUMENT, "Invalid input precision - Expected: FP32; Actual: ; input name: image"],
    ["ModelInfer", infer({ inputs: [{ ...image, shape: [3, 4, 6] }] }), INVALID_ARGUMENT, "Invalid number of shape dimensions - Expected: (1,3,4,6); Actual: (3,4,6); input name: image"],
    ["ModelInfer", infer({ inputs: [{ ...image, shape: [2, 3, 4, 6] }] }), INVALID_ARGUMENT, "Invalid input batch size - Expected: 1; Actual: 2; input name: image"],
    ["ModelInfer", infer({ inputs: [{ ...image, shape: [1, 3, 6, 4] }] }), INVALID_ARGUMENT, "Invalid input shape - Expected: (1,3,4,6); Actual: (1,3,6,4); input name: image"],
    ["ModelInfer", infer({ inputs: [{ ...image, shape: [1, -3, 4, 6] }] }), INVALID_ARGUMENT, "Invalid input shape - Negative or zero dimension size is not acceptable: (1,-3,4,6); input name: image"],
    ["ModelInfer", infer({ raw_input_contents: [raw.subarray(1)] }), INVALID_ARGUMENT, tooShort],
    ["ModelInfer", infer({ raw_input_contents: [raw, raw] }), INVALID_ARGUMENT, `${both} - Size of raw_input_contents: 2 is different than number of inputs: 1`],
    ["ModelInfer", infer({ inputs: [withContents] }), INVALID_ARGUMENT, `${both} - Passing buffers both in InferInputTensor contents and in raw_input_contents is not allowed. Detected buffer in InferInputTensor contents for input: image`],
    ["ModelInfer", infer({ inputs: [withContents], raw_input_contents: [] }), INVALID_ARGUMENT, "Invalid number of values in tensor proto container - Expected: 72 values; Actual: 1 values; input name: image"],
    ["ModelInfer", infer({ inputs: [bytes], raw_input_contents: [jpegElement(Uint8Array.of(1, 2, 3))] }), INVALID_ARGUMENT, "Image parsing failed"],
    ["ModelInfer", infer({ inputs: [bytes], raw_input_contents: [jpegElement(new Uint8Array())] }), INVALID_ARGUMENT, "Image parsing failed"],
    ["ModelInfer", infer({ inputs: [bytes], raw_input_contents: [jpegElement((await jpeg()).subarray(0, 200))] }), INVALID_ARGUMENT, "Image parsing failed"],
    ["ModelInfer", infer({ inputs: [bytes], raw_input_contents: [floats(1e9)] }), INVALID_ARGUMENT, "Inputs inside buffer does not match expected format."],
    ["ModelInfer", infer({ inputs: [{ ...bytes, shape: [1, 1] }], raw_input_contents: [jpegElement(await jpeg())] }), INVALID_ARGUMENT, "Invalid number of shape dimensions - Expected number of input shape dimensions: 1; Actual: 2; input name: image"],
    ["ModelInfer", infer({ inputs: [{ ...bytes, shape: [2] }], raw_input_contents: [jpegElement(await jpeg())] }), INVALID_ARGUMENT, "Invalid input batch size"],
    // A model started without --layout is NCHW to the server, whose last dimension is no colour.
    ["ModelInfer", infer({ inputs: [bytes], raw_input_contents: [jpegElement(await jpeg())] }), INVALID_ARGUMENT, "Invalid number of channels in binary input"],
    ["ModelInfer", infer({ outputs: [{ name: "pixel" }] }), INVALID_ARGUMENT, "Requested output is not found - Requested: pixel; there are: pixels"],
    ["ModelInfer", infer({ outputs: [{ name: "pixels", parameters: { classification: { int64_param: 3 } } }] }), UNIMPLEMENTED, "The classification extension (class_count) is not supported - output name: pixels"],
    ["ModelInfer", infer({ outputs: [{ name: "pixels", parameters: region }] }), UNIMPLEMENTED, "Shared memory is not supported - output name: pixels"],
    ["ModelInfer", infer({ inputs: [{ ...image, parameters: region }], raw_input_contents: [] }), UNIMPLEMENTED, "Shared memory is not supported - input name: image"],
    ["ModelInfer", infer({ inputs: [{ ...bytes, contents: { bytes_contents: [""] } }], raw_input_contents: [] }), INVALID_ARGUMENT, "Bytes contents is empty"],
  ];
  for (const [method, request, code, details] of refusals) {
    await test.step(`${method} is refused: ${details}`, async () => {
      await client.refused(method, request, code, details);
    });
  }
});

Deno.test("model_server --layout NHWC:NCHW takes NHWC tensors and pictures", async (test) => {
  await using model = await writeModel(pictureModel);
  const flags = ["--layout", "NHWC:NCHW"];
  await using server = await withModelServer({ modelPath: model.path, flags });
  using client = connect(server.grpcPort, kserve);
  const infer = (input: object, ...contents: Uint8Array[]) =>
    client.call("ModelInfer", {
      model_name: "model",
      inputs: [input],
      raw_input_contents: contents,
    });

  await test.step("metadata says NHWC for the input and nothing new for the output", async () => {
    const { inputs, outputs } = await client.call("ModelMetadata", { name: "model" });
    assert.deepEqual(inputs[0].shape, ["1", "4", "6", "3"]);
    assert.deepEqual(outputs[0].shape, ["1", "3", "4", "6"]);
  });

  await test.step("tensors are transposed", async () => {
    const answer = await infer({ ...image, shape: [1, 4, 6, 3] }, raw);
    const planes = [0, 1, 2].flatMap((c) => [...pixels].filter((_, i) => i % 3 === c));
    assert.deepEqual(toFloats(answer.raw_output_contents[0]), planes);
  });

  for (const [title, width, height] of [["its own size", 6, 4], ["another", 36, 24]] as const) {
    await test.step(`a JPEG of ${title} arrives as BGR planes`, async () => {
      const file = await jpeg(width, height);
      const input = { name: "image", datatype: "BYTES", shape: [1] };
      const fromRaw = await infer(input, jpegElement(file));
      const contents = { bytes_contents: [file] };
      const fromTyped = await infer({ ...input, contents });
      assert.deepEqual(fromTyped.raw_output_contents, fromRaw.raw_output_contents);
      const planes = toFloats(fromRaw.raw_output_contents[0]);
      assert.equal(planes.length, 72);
      for (const [channel, expected] of [10, 100, 200].entries()) {
        for (const value of planes.slice(channel * 24, channel * 24 + 24)) {
          assert.ok(Math.abs(value - expected) <= 4, `channel ${channel} has ${value}`);
        }
      }
    });
  }
});

Deno.test("model_server --layout NCHW refuses pictures", async () => {
  await using model = await writeModel(pictureModel);
  const flags = ["--layout", "NCHW"];
  await using server = await withModelServer({ modelPath: model.path, flags });
  using client = connect(server.grpcPort, kserve);
  const request = {
    model_name: "model",
    inputs: [{ name: "image", datatype: "BYTES", shape: [1] }],
    raw_input_contents: [jpegElement(await jpeg())],
  };
  const words = "Received binary image input but resource not configured to accept NHWC layout";
  await client.refused("ModelInfer", request, status.INVALID_ARGUMENT, words);
});

Deno.test("model_server --shape auto scales tensors of another size", async () => {
  await using model = await writeModel(pictureModel);
  const flags = ["--layout", "NHWC:NCHW", "--shape", "auto"];
  await using server = await withModelServer({ modelPath: model.path, flags });
  using client = connect(server.grpcPort, kserve);
  const flat = Array.from({ length: 8 * 12 }, () => [1, 2, 3]).flat();
  const { outputs, raw_output_contents } = await client.call("ModelInfer", {
    model_name: "model",
    inputs: [{ ...image, shape: [1, 8, 12, 3] }],
    raw_input_contents: [floats(...flat)],
  });
  assert.deepEqual(outputs[0].shape, ["1", "3", "4", "6"]);
  const planes = [1, 2, 3].flatMap((value) => new Array<number>(24).fill(value));
  assert.deepEqual(toFloats(raw_output_contents[0]), planes);
});

Deno.test("model_server carries every element type, raw and typed", async (test) => {
  const text = (value: string) => new TextEncoder().encode(value);
  // Values as the protocol's fields hold them, and the little-endian bytes they stand for; FP16
  // has no field.
  // deno-fmt-ignore
  const rows: [DataType, field: string | null, values: unknown[], raw: ArrayBufferView][] = [
    ["BOOL", "bool_contents", [true, false], Uint8Array.of(1, 0)],
    ["UINT8", "uint_contents", [0, 255], Uint8Array.of(0, 255)],
    ["UINT16", "uint_contents", [1, 65535], Uint16Array.of(1, 65535)],
    ["UINT32", "uint_contents", [1, 4294967295], Uint32Array.of(1, 4294967295)],
    ["UINT64", "uint64_contents", ["1", "18446744073709551615"], BigUint64Array.of(1n, 2n ** 64n - 1n)],
    ["INT8", "int_contents", [-128, 127], Int8Array.of(-128, 127)],
    ["INT16", "int_contents", [-32768, 32767], Int16Array.of(-32768, 32767)],
    ["INT32", "int_contents", [-2147483648, 2147483647], Int32Array.of(-2147483648, 2147483647)],
    ["INT64", "int64_contents", ["-9223372036854775808", "7"], BigInt64Array.of(-(2n ** 63n), 7n)],
    ["FP16", null, [], Float16Array.of(-1.5, 65504)],
    ["FP32", "fp32_contents", [-1.5, 2], Float32Array.of(-1.5, 2)],
    ["FP64", "fp64_contents", [-1.5, 1e300], Float64Array.of(-1.5, 1e300)],
    ["BYTES", "bytes_contents", [text("a"), text("größer")], text("\x01\0\0\0a\b\0\0\0größer")],
  ];
  for (const [datatype, field, values, view] of rows) {
    await test.step(datatype, async () => {
      await using model = await writeModel({
        inputs: { x: [datatype, ["n"]] },
        outputs: { y: [datatype, ["n"]] },
        nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
      });
      await using server = await withModelServer({ modelPath: model.path });
      using client = connect(server.grpcPort, kserve);
      const { inputs } = await client.call("ModelMetadata", { name: "model" });
      assert.deepEqual(inputs, [{ name: "x", datatype, shape: ["-1"] }]);

      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      const x = { name: "x", datatype, shape: [2] };
      const request = { model_name: "model", inputs: [x], raw_input_contents: [bytes] };
      const fromRaw = await client.call("ModelInfer", request);
      assert.deepEqual(fromRaw.outputs[0].shape, ["2"]);
      assert.deepEqual(new Uint8Array(fromRaw.raw_output_contents[0]), bytes);
      if (field === null) return;
      const contents = { [field]: values };
      const typed = { model_name: "model", inputs: [{ ...x, contents }] };
      const fromTyped = await client.call("ModelInfer", typed);
      assert.deepEqual(fromTyped.raw_output_contents, fromRaw.raw_output_contents);
    });
  }
});

async function jpeg(width = 6, height = 4): Promise<Uint8Array> {
  const picture = new Image(width, height).fill(Image.rgbToColor(200, 100, 10));
  return await picture.encodeJPEG(95);
}

function jpegElement(file: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + file.length);
  new DataView(bytes.buffer).setUint32(0, file.length, true);
  bytes.set(file, 4);
  return bytes;
}
