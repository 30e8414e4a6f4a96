import { deepEqual, equal } from "node:assert/strict";
import { loadKserve, loadTensorflowServing } from "./protos.ts";

Deno.test("loadKserve() gives the calls of the protocol and exact 64-bit numbers", async () => {
  const service = await loadKserve();
  const infer = service["ModelInfer"]!;
  equal(infer.path, "/inference.GRPCInferenceService/ModelInfer");
  const bytes = infer.requestSerialize({
    model_name: "m",
    inputs: [{
      name: "x",
      datatype: "INT64",
      shape: [1, 2],
      contents: { int64_contents: ["9007199254740993", "-1"] },
    }],
    raw_input_contents: [Uint8Array.of(1, 2, 3)],
  });
  const message = infer.requestDeserialize(bytes) as {
    inputs: { shape: string[]; contents: { int64_contents: string[] } }[];
    raw_input_contents: Uint8Array[];
  };
  deepEqual(message.inputs[0]?.shape, ["1", "2"]);
  deepEqual(message.inputs[0]?.contents.int64_contents, ["9007199254740993", "-1"]);
  deepEqual([...message.raw_input_contents[0]!], [1, 2, 3]);
});

Deno.test("loadTensorflowServing() packs a signature into the metadata's Any", async () => {
  const { prediction, model, signatureDefMap } = await loadTensorflowServing();
  equal(prediction["Predict"]?.path, "/tensorflow.serving.PredictionService/Predict");
  equal(model["GetModelStatus"]?.path, "/tensorflow.serving.ModelService/GetModelStatus");
  const tensor = { name: "x", dtype: "DT_HALF", tensor_shape: { dim: [{ size: -1 }] } };
  const value = signatureDefMap.serialize({
    signature_def: { serving_default: { inputs: { x: tensor } } },
  });
  const { responseSerialize, responseDeserialize } = prediction["GetModelMetadata"]!;
  const type_url = "type.googleapis.com/tensorflow.serving.SignatureDefMap";
  const answer = responseDeserialize(
    responseSerialize({
      model_spec: { name: "m", version: { value: 3 } },
      metadata: { signature_def: { type_url, value } },
    }),
  ) as {
    model_spec: { version: { value: string } };
    metadata: Record<string, { type_url: string; value: Uint8Array }>;
  };
  equal(answer.model_spec.version.value, "3");
  const map = signatureDefMap.deserialize(answer.metadata["signature_def"]!.value as never) as {
    signature_def: Record<string, { inputs: Record<string, typeof tensor> }>;
  };
  const input = map.signature_def["serving_default"]?.inputs["x"];
  equal(input?.dtype, "DT_HALF");
  deepEqual(input?.tensor_shape.dim.map((dim) => String(dim.size)), ["-1"]);
});

Deno.test("loadKserve() says which of several forms a parameter has", async () => {
  const { ModelInfer } = await loadKserve();
  const bytes = ModelInfer!.requestSerialize({ parameters: { a: { bool_param: true } } });
  const { parameters } = ModelInfer!.requestDeserialize(bytes) as {
    parameters: Record<string, object>;
  };
  deepEqual({ ...parameters["a"] }, { bool_param: true, parameter_choice: "bool_param" });
});
