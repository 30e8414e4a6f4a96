import { getLogger } from "@logtape/logtape";
import { rejects } from "node:assert/strict";
import { conformanceModel } from "../../tests/support/conformance_model.ts";
import { withModelFile } from "../../tests/support/with_model_file.ts";
import { testInference } from "./conformance.ts";
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
