import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { conformanceModel } from "../../../tests/support/conformance_model.ts";
import { encodeConstants, encodeOnnx, type OnnxModel } from "../../../tests/support/onnx_model.ts";
import { withModelFile } from "../../../tests/support/with_model_file.ts";
import { testInference } from "../../../tests/support/inference_conformance.ts";
import type { Tensor, Tensors } from "../../frame/tensor.ts";
import { Onnx } from "./onnx.ts";
import { openInference } from "../open.ts";

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

const anything: OnnxModel = {
  ...constant,
  inputs: { x: ["INT64", [-1, 2]] },
  outputs: { y: ["INT64", [-1, 2]] },
};

async function withModel(
  given: OnnxModel,
  use: (inference: Onnx) => Promise<void>,
  timeoutMs = 20_000,
): Promise<void> {
  await using file = await withModelFile("Constant.v1", encodeOnnx(given));
  await using inference = await Onnx.open({ kind: "onnx", path: file.path, timeoutMs });
  await use(inference);
}

function rowsOf(rows: number) {
  return { datatype: "INT64", shape: [rows, 2], data: new BigInt64Array(2 * rows) } as const;
}

Deno.test("Onnx takes inputs that fit the model's, of any extent where it says so, and no others", async () => {
  await withModel(anything, async (inference) => {
    equal((await inference.metadata()).name, "Constant.v1");
    for (const rows of [1, 3]) {
      deepEqual((await inference.infer({ x: rowsOf(rows) }))["y"]?.shape, [rows, 2]);
    }
    const data = new BigInt64Array(3);
    const refused: [inputs: Tensors, problem: string][] = [
      [{}, "input x is missing"],
      [{ z: rowsOf(1) }, "input x is missing"],
      [{ x: rowsOf(1), z: rowsOf(1) }, "it has no input z"],
      [
        { x: { datatype: "INT64", shape: [1, 3], data } },
        "input x is INT64 [1,3], the model takes INT64 [-1,2]",
      ],
      [
        { x: { datatype: "INT64", shape: [2], data: new BigInt64Array(2) } },
        "input x is INT64 [2], the model takes INT64 [-1,2]",
      ],
      [
        { x: { datatype: "UINT64", shape: [1, 2], data: new BigUint64Array(2) } },
        "input x is UINT64 [1,2], the model takes INT64 [-1,2]",
      ],
    ];
    for (const [inputs, problem] of refused) {
      await rejects(inference.infer(inputs), {
        reason: "invalid_input",
        message: `Cannot run the model: ${problem}`,
      });
    }
    // What does not fit its own shape is found out before the worker has it, and costs no other.
    const wrong = { ...rowsOf(1), data } as Tensor;
    const [bad, good] = await Promise.allSettled([
      inference.infer({ x: wrong }),
      inference.infer({ x: rowsOf(1) }),
    ]);
    equal((bad as PromiseRejectedResult).reason.reason, "invalid_input");
    equal(good.status, "fulfilled");
  });
});

Deno.test("Onnx answers many at once each its own, and gives up what its asker gave up", async () => {
  await withModel(anything, async (inference) => {
    const controller = new AbortController();
    const asked = [1, 2, 3, 4, 5, 6].map((rows) => inference.infer({ x: rowsOf(rows) }));
    const given = inference.infer({ x: rowsOf(7) }, { signal: controller.signal });
    controller.abort();
    await rejects(given, { reason: "cancelled" });
    deepEqual((await Promise.all(asked)).map(({ y }) => y?.shape[0]), [1, 2, 3, 4, 5, 6]);
    await rejects(inference.infer({ x: rowsOf(1) }, { signal: AbortSignal.abort() }), {
      reason: "cancelled",
    });
    equal(await inference.ready(), true);
    const left = [1, 2, 3].map((rows) => inference.infer({ x: rowsOf(rows) }));
    await inference[Symbol.asyncDispose]();
    for (const one of left) await rejects(one, { reason: "cancelled" });
    await rejects(inference.infer({ x: rowsOf(1) }), { reason: "cancelled" });
    equal(await inference.ready(), false);
  });
});

Deno.test("Onnx says how long a request may take that took longer", async () => {
  await withModel(anything, async (inference) => {
    const failures = await Promise.allSettled(
      Array.from({ length: 400 }, () => inference.infer({ x: rowsOf(500) })),
    );
    const late = failures.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
    ok(late.length > 0);
    for (const { reason: { reason, message } } of late) {
      equal(reason, "timeout");
      match(message, /took longer than 1 ms$/);
    }
  }, 1);
});

Deno.test("openInference() says that there is no such file", async () => {
  await using inference = openInference(
    { kind: "onnx", path: "/nowhere/m.onnx", timeoutMs: 1000 },
    logger,
  );
  await rejects(inference.metadata(), {
    reason: "model_not_found",
    message: "Cannot read model /nowhere/m.onnx: no such file",
  });
});
