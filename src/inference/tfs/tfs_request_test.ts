import type { MethodDefinition } from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import { deepEqual, equal, throws } from "node:assert/strict";
import type { Tensors } from "../../frame/tensor.ts";
import { fromFrame } from "../transport/grpc_frame.ts";
import { loadTensorflowServing } from "../transport/protos.ts";
import { PredictEncoder } from "./tfs_request.ts";

const { prediction } = await loadTensorflowServing();
const predict = prediction["Predict"] as MethodDefinition<object, object>;

Deno.test("PredictEncoder makes what protobufjs reads as the same request, time after time", () => {
  const encoder = new PredictEncoder("model", 3);
  for (const first of [1, 2]) {
    const inputs: Tensors = {
      picture: { datatype: "UINT8", shape: [1, 20, 30, 3], data: new Uint8Array(1800).fill(first) },
      box: { datatype: "FP32", shape: [2], data: Float32Array.of(first, -1) },
    };
    const frame = Buffer.concat(encoder.encode(inputs)!);
    const request = predict.requestDeserialize(Buffer.from(fromFrame(frame))) as {
      model_spec: { name: string; version: { value: string } };
      inputs: Record<string, {
        dtype: string;
        tensor_shape: { dim: { size: string }[] };
        tensor_content: Uint8Array;
      }>;
    };
    equal(request.model_spec.name, "model");
    equal(request.model_spec.version.value, "3");
    const { picture, box } = request.inputs;
    equal(picture?.dtype, "DT_UINT8");
    deepEqual(picture.tensor_shape.dim.map(({ size }) => Number(size)), [1, 20, 30, 3]);
    deepEqual([...picture.tensor_content], [...inputs["picture"]!.data as Uint8Array]);
    equal(box?.dtype, "DT_FLOAT");
    deepEqual(new Float32Array(new Uint8Array(box.tensor_content).buffer), inputs["box"]!.data);
  }
});

Deno.test("PredictEncoder says once which model is asked, and no version where the newest is", () => {
  const inputs: Tensors = Object.fromEntries(
    ["a", "b", "c"].map((name) => [name, {
      ...{ datatype: "UINT8", shape: [1], data: new Uint8Array(1) },
    }]),
  );
  for (const [version, told] of [[0, null], [7, { value: "7" }]] as const) {
    const frame = Buffer.concat(new PredictEncoder("lone", version).encode(inputs)!);
    equal(frame.toString("latin1").split("lone").length, 2);
    const request = predict.requestDeserialize(Buffer.from(fromFrame(frame))) as {
      model_spec: { version: { value: string } | null };
    };
    deepEqual(request.model_spec.version ?? null, told);
  }
});

Deno.test("PredictEncoder leaves pictures and halves to others, and refuses data that do not fit", () => {
  const encoder = new PredictEncoder("model", 0);
  equal(encoder.encode({ x: { datatype: "BYTES", shape: [1], data: [new Uint8Array(3)] } }), null);
  const half = { datatype: "FP16", shape: [1], data: new Float16Array(1) } as const;
  equal(encoder.encode({ x: half }), null);
  const plain = { datatype: "UINT8", shape: [1], data: new Uint8Array(1) } as const;
  equal(encoder.encode({ x: plain, half }), null);
  const short = { datatype: "UINT8", shape: [4], data: new Uint8Array(3) } as const;
  throws(() => encoder.encode({ x: short }), { name: "InferenceError", reason: "invalid_input" });
});
