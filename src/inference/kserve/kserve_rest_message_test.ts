import { deepEqual, equal, throws } from "node:assert/strict";
import { concatBytes } from "../../concat_bytes.ts";
import { MemoryPool } from "../../frame/memory_pool.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { decodeInfer, encodeInfer, encodeInferJson, parseJson } from "./kserve_rest_message.ts";

const bytesOf = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const unreadable = (problem: RegExp) => ({ reason: "server_error", message: problem });
const inputs: Tensors = {
  a: { datatype: "UINT8", shape: [3], data: Uint8Array.of(1, 2, 3) },
  b: { datatype: "BYTES", shape: [1], data: [bytesOf("é")] },
  c: { datatype: "FP32", shape: [1], data: Float32Array.of(0.5) },
};

/** A body, and how long its header is. */
function answerOf(outputs: readonly object[], ...raw: readonly Uint8Array<ArrayBuffer>[]) {
  const header = bytesOf({ outputs });
  return [concatBytes([header, ...raw]), header.byteLength] as const;
}

Deno.test("encodeInfer() puts the elements behind a header that says how many there are", () => {
  const memory = new MemoryPool(1);
  memory.give(new Uint8Array(10_000).fill(0xee).buffer);
  const { body, headerLength } = encodeInfer(inputs, memory);
  equal(body.buffer.byteLength, 10_000, "it lies in memory of the pool");
  deepEqual(JSON.parse(new TextDecoder().decode(body.subarray(0, headerLength))), {
    inputs: [
      { name: "a", datatype: "UINT8", shape: [3], parameters: { binary_data_size: 3 } },
      { name: "b", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 6 } },
      { name: "c", datatype: "FP32", shape: [1], parameters: { binary_data_size: 4 } },
    ],
    parameters: { binary_data_output: true },
  });
  deepEqual([...body.subarray(headerLength)], [
    ...[1, 2, 3],
    ...[2, 0, 0, 0, ...bytesOf("é")],
    ...new Uint8Array(Float32Array.of(0.5).buffer),
  ]);
});

Deno.test("encodeInferJson() has every element as text", () => {
  deepEqual(JSON.parse(new TextDecoder().decode(encodeInferJson(inputs))), {
    inputs: [
      { name: "a", datatype: "UINT8", shape: [3], data: [1, 2, 3] },
      { name: "b", datatype: "BYTES", shape: [1], data: ["é"] },
      { name: "c", datatype: "FP32", shape: [1], data: [0.5] },
    ],
  });
});

Deno.test("decodeInfer() reads outputs behind the header, one behind the other, and in it", () => {
  const tensor = { datatype: "UINT8", shape: [2] };
  const sized = (name: string) => ({ name, ...tensor, parameters: { binary_data_size: 2 } });
  const outputs = [
    sized("a"),
    { name: "b", ...tensor, data: [5, 6], parameters: null },
    sized("c"),
    { name: "d", datatype: "FP32", shape: [0] },
    { name: "e", ...tensor, data: [[7], [8]], parameters: { other: 1 } },
  ];
  const decoded = decodeInfer(...answerOf(outputs, Uint8Array.of(1, 2, 3, 4)));
  deepEqual(Object.entries(decoded).map(([name, { data }]) => [name, [...data]]), [
    ...[["a", [1, 2]], ["b", [5, 6]], ["c", [3, 4]], ["d", []], ["e", [7, 8]]],
  ]);
  deepEqual(decodeInfer(...answerOf([])), {});
});

Deno.test("decodeInfer() refuses what is no such answer", () => {
  const [body, length] = answerOf([]);
  for (const headerLength of [NaN, 1.5, -1, length + 1]) {
    throws(() => decodeInfer(body, headerLength), unreadable(/: its header is \S+ bytes long, of/));
  }
  throws(() => decodeInfer(body, 0), unreadable(/: it is no JSON$/));
  const output = { name: "y", datatype: "UINT8", shape: [1] };
  const wrong = [
    ...[null, {}, { outputs: null }, { outputs: [null] }, { outputs: [{ ...output, name: 5 }] }],
    ...[[-1], [0.5], ["1"]].map((shape) => ({ outputs: [{ ...output, shape }] })),
    { outputs: [{ ...output, parameters: { binary_data_size: -1 } }] },
  ];
  for (const answer of wrong) {
    const bytes = bytesOf(answer);
    const told = unreadable(/^Cannot read the model server's answer: /);
    throws(() => decodeInfer(bytes, bytes.byteLength), told);
  }
  // Fewer bytes came than were announced, or no elements at all.
  throws(
    () => decodeInfer(...answerOf([{ ...output, parameters: { binary_data_size: 1 } }])),
    unreadable(/output y/),
  );
  throws(() => decodeInfer(...answerOf([output])), unreadable(/output y/));
});

Deno.test("parseJson() reads 32 MiB at the most", () => {
  const most = 32 * 2 ** 20;
  const bytes = new Uint8Array(most + 1).fill(0x20);
  bytes[0] = 0x37;
  equal(parseJson("it", bytes.subarray(0, most)), 7);
  throws(
    () => parseJson("it", bytes),
    unreadable(/^Cannot read it: it is 33554433 bytes of JSON, at most 32 MiB are read$/),
  );
});
