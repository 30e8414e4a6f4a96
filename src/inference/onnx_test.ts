import { getLogger } from "@logtape/logtape";
import { deepEqual, rejects } from "node:assert/strict";
import { conformanceModel } from "../../tests/support/conformance_model.ts";
import { encodeConstants, encodeOnnx, type OnnxModel } from "../../tests/support/onnx_model.ts";
import { withModelFile } from "../../tests/support/with_model_file.ts";
import { testInference } from "../../tests/support/inference_conformance.ts";
import { openInference } from "./open.ts";

const logger = getLogger(["test"]);

testInference("an embedded ONNX model", async function startOnnx() {
  const file = await withModelFile("conformance", conformanceModel());
  return {
    open: ({ modelName = "conformance", timeoutMs = 20_000 } = {}) => {
      const path = file.path.replace("conformance.onnx", `${modelName}.onnx`);
      return openInference({ kind: "onnx", path, timeoutMs }, logger);
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}, { versions: false });

Deno.test("openInference() says what is wrong with a file that is no model", async () => {
  await using file = await withModelFile("broken", new TextEncoder().encode("no model"));
  await using inference = openInference(
    { kind: "onnx", path: file.path, timeoutMs: 1000 },
    logger,
  );
  await rejects(inference.metadata(), {
    name: "InferenceError",
    reason: "unsupported",
    message: /Cannot load model .*broken.onnx: .*protobuf/i,
  });
});

/** Answers with its constants, whatever it is asked. */
const constant: OnnxModel = {
  inputs: { x: ["INT64", [2]] },
  outputs: { y: ["INT64", [2]] },
  constants: { numbers: [7, 9], zero: [0, 0] },
  nodes: [
    { op: "Mul", inputs: ["x", "zero"], outputs: ["nothing"] },
    { op: "Add", inputs: ["nothing", "numbers"], outputs: ["y"] },
  ],
};

Deno.test("openInference() finds weights in a file beside the model, from any folder", async () => {
  const model = { ...constant, constantsFile: "weights.bin" };
  await using file = await withModelFile("split", encodeOnnx(model));
  await Deno.writeFile(file.path.replace("split.onnx", "weights.bin"), encodeConstants(model));
  await using inference = openInference(
    { kind: "onnx", path: file.path, timeoutMs: 20_000 },
    logger,
  );
  const x = { datatype: "INT64", shape: [2], data: BigInt64Array.of(1n, 2n) } as const;
  const { y } = await inference.infer({ x });
  deepEqual(y?.data, BigInt64Array.of(7n, 9n));
});

Deno.test("metadata() has what the model's author wrote into it, names of classes by number", async () => {
  const properties = { task: "detect", names: `{0: 'person', 2: "driver's seat"}` };
  await using file = await withModelFile("named", encodeOnnx({ ...constant, properties }));
  await using inference = openInference(
    { kind: "onnx", path: file.path, timeoutMs: 20_000 },
    logger,
  );
  const { labels, properties: told } = await inference.metadata();
  deepEqual({ labels, told }, {
    labels: ["person", "label 1", "driver's seat"],
    told: properties,
  });
});
