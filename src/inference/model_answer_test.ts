import { deepEqual, throws } from "node:assert/strict";
import { readMetadata } from "./model_answer.ts";

const asked = { modelName: "asked", modelVersion: 0 };
const x = { name: "x", datatype: "FP32", shape: [-1, 3] };
const unknown = { name: "x", datatype: "INVALID", shape: [] };

Deno.test("readMetadata() takes what servers say of a model, and leaves out what they do not", () => {
  deepEqual(readMetadata({}, asked), { name: "asked", inputs: [], outputs: [] });
  deepEqual(readMetadata({ name: null, versions: null, inputs: null, outputs: null }, asked), {
    ...{ name: "asked", inputs: [], outputs: [] },
  });
  deepEqual(readMetadata({ name: "", versions: [] }, asked).name, "asked");
  // 64-bit numbers come as text over gRPC.
  const y = { name: "y", datatype: "INT64", shape: ["-1", "2147483647"] };
  deepEqual(readMetadata({ name: "m", versions: ["1"], inputs: [x], outputs: [y] }, asked), {
    ...{ name: "m", version: "1", inputs: [x] },
    outputs: [{ ...y, shape: [-1, 2_147_483_647] }],
  });
});

Deno.test("readMetadata() takes the version that was asked for, or the highest", () => {
  const versionOf = (versions: unknown[], modelVersion = 0) =>
    readMetadata({ versions }, { ...asked, modelVersion }).version;
  deepEqual(versionOf(["2", "10", "9"]), "10");
  deepEqual(versionOf([3, 1]), "3");
  deepEqual(versionOf(["2", "10"], 2), "2");
  deepEqual(versionOf([]), undefined);
});

Deno.test("readMetadata() knows a graph by tensors of no type and no shape, all of them", () => {
  const graph = { name: "x", datatype: "UINT8", shape: [] };
  deepEqual(readMetadata({ inputs: [unknown], outputs: [unknown] }, asked), {
    ...{ name: "asked", graph: true, inputs: [graph], outputs: [graph] },
  });
  const mixed = [
    { inputs: [unknown], outputs: [x] },
    { inputs: [x], outputs: [unknown] },
    { inputs: [{ ...unknown, shape: [1] }] },
  ];
  for (const answer of mixed) {
    throws(() => readMetadata(answer, asked), { reason: "unsupported" });
  }
  deepEqual(readMetadata({ inputs: [{ ...x, shape: [] }] }, asked), {
    ...{ name: "asked", inputs: [{ ...x, shape: [] }], outputs: [] },
  });
});

Deno.test("readMetadata() refuses what is no such answer, in words, and of any size", () => {
  const told = /^Cannot read what the server says of model asked: /;
  const long = "x".repeat(1024);
  const right = [
    { name: long },
    { versions: Array(4096).fill("1") },
    { inputs: Array(4096).fill(x) },
    { inputs: [{ ...x, name: long, shape: Array(64).fill(1) }] },
  ];
  for (const answer of right) readMetadata(answer, asked);
  const wrong = [
    ...[null, [], "m", 7, { name: 7 }, { name: `${long}x` }, { versions: "1" }],
    ...[{ versions: [null] }, { versions: Array(4097).fill("1") }],
    ...[{ inputs: {} }, { inputs: Array(4097).fill(x) }, { outputs: [null] }],
    ...["", `${long}x`, 5].map((name) => ({ inputs: [{ ...x, name }] })),
    ...[5, `${long}x`].map((datatype) => ({ inputs: [{ ...x, datatype }] })),
    ...[null, [-2], [0.5], [2 ** 31], ["x"], ["12345678901"], Array(65).fill(1)].map((shape) => {
      return { outputs: [{ ...x, shape }] };
    }),
  ];
  for (const answer of wrong) {
    throws(() => readMetadata(answer, asked), { reason: "server_error", message: told });
  }
});
