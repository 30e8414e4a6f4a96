import fc from "fast-check";
import assert from "node:assert/strict";
import type { TensorSpec } from "../frame/model.ts";
import { readRestRequest, writeRestResponse } from "./rest_message.ts";
import { ServerError } from "./server_error.ts";

const spec = { name: "x", datatype: "FP32", shape: [-1] } as const;
const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("readRestRequest() answers any body with a request or a refusal", () => {
  const body = fc.oneof(fc.uint8Array(), fc.json().map(encode), requests().map(encode));
  const header = fc.option(fc.oneof(fc.nat(200).map(String), fc.string()), { nil: undefined });
  fc.assert(
    fc.property(body, header, (bytes, length) => {
      try {
        const { inputs } = readRestRequest(bytes, length, [spec]);
        assert.ok(inputs.length > 0);
      } catch (error) {
        assert.ok(error instanceof ServerError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("readRestRequest() gives each input its own bytes, in order", () => {
  const a = { name: "a", datatype: "UINT8", shape: [2] };
  const b = { name: "b", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 3 } };
  const c = { name: "c", datatype: "UINT8", shape: [1], data: [9] };
  const json = encode(JSON.stringify({ inputs: [a, c, b] }));
  const body = new Uint8Array([...json, 1, 2, 3, 4, 5]);
  const { inputs } = readRestRequest(body, String(json.length), [{
    ...spec,
    name: "c",
    datatype: "UINT8",
  }]);
  assert.deepEqual(inputs.map(({ content }) => content), [
    { kind: "raw", bytes: Uint8Array.of(1, 2) },
    { kind: "values", values: [9] },
    { kind: "raw", bytes: Uint8Array.of(3, 4, 5) },
  ]);
});

Deno.test("writeRestResponse() puts named outputs behind the JSON, and the others into it", async () => {
  const request = { id: "", inputs: [], outputs: [], binaryOutputs: new Set(["b", "s"]) };
  const response = writeRestResponse({ model_name: "m" }, request, {
    a: { datatype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) },
    b: { datatype: "INT16", shape: [2], data: Int16Array.of(1, -1) },
    l: { datatype: "INT64", shape: [1], data: BigInt64Array.of(-7n) },
    s: { datatype: "BYTES", shape: [1], data: [encode("hi")] },
    t: { datatype: "BYTES", shape: [1], data: [encode("ho")] },
  });
  const bytes = await response.bytes();
  const end = Number(response.headers.get("inference-header-content-length"));
  assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))), {
    model_name: "m",
    outputs: [
      { name: "a", shape: [2], datatype: "BOOL", data: [true, false] },
      { name: "b", shape: [2], datatype: "INT16", parameters: { binary_data_size: 4 } },
      { name: "l", shape: [1], datatype: "INT64", data: [-7] },
      { name: "s", shape: [1], datatype: "BYTES", parameters: { binary_data_size: 6 } },
      { name: "t", shape: [1], datatype: "BYTES", data: ["ho"] },
    ],
  });
  assert.deepEqual([...bytes.subarray(end)], [1, 0, 255, 255, 2, 0, 0, 0, 104, 105]);
});

/** A request whose JSON is followed by these bytes. */
function read(json: object, tail: readonly number[] = [], specs: readonly TensorSpec[] = [spec]) {
  const bytes = encode(JSON.stringify(json));
  return readRestRequest(new Uint8Array([...bytes, ...tail]), String(bytes.length), specs);
}

function inputOf(
  datatype: string,
  data: readonly unknown[],
  specs: readonly TensorSpec[] = [spec],
) {
  const { inputs } = read({ inputs: [{ name: "x", datatype, shape: [1], data }] }, [], specs);
  return inputs[0]!.content;
}

function refuses(run: () => unknown, code: string): void {
  assert.throws(run, (error: unknown) => error instanceof ServerError && error.code === code, code);
}

Deno.test("readRestRequest() takes as much JSON as the header says, and no more than there is", () => {
  const json = encode(JSON.stringify({ inputs: [{ ...spec, shape: [0], data: [] }] }));
  assert.equal(readRestRequest(json, undefined, [spec]).inputs.length, 1);
  assert.equal(readRestRequest(json, String(json.length), [spec]).inputs.length, 1);
  refuses(() => readRestRequest(json, String(json.length + 1), [spec]), "header_length_exceeded");
  for (const wrong of ["", "1e1", "-1", `${json.length}x`, `x${json.length}`]) {
    refuses(() => readRestRequest(json, wrong, [spec]), "header_length");
  }
  refuses(() => readRestRequest(Uint8Array.of(34, 0xff, 34), undefined, [spec]), "json");
  refuses(() => readRestRequest(encode("[]"), undefined, [spec]), "body_not_an_object");
  for (const none of [{}, { inputs: [] }]) refuses(() => read(none), "no_inputs");
});

Deno.test("readRestRequest() knows which outputs are to be binary: one's own word counts before that for all", () => {
  const inputs = [{ name: "x", datatype: "FP32", shape: [1], data: [1] }];
  const outputs = [
    { name: "plain" },
    { name: "binary", parameters: { binary_data: true } },
    { name: "text", parameters: { binary_data: false } },
  ];
  const { id, outputs: asked, binaryOutputs } = read({ id: "7", inputs, outputs });
  assert.deepEqual([id, asked, [...binaryOutputs]], ["7", ["plain", "binary", "text"], ["binary"]]);
  const all = { inputs, outputs, parameters: { binary_data_output: true } };
  assert.deepEqual([...read(all).binaryOutputs], ["plain", "binary"]);
});

Deno.test("readRestRequest() counts the bytes of each input by its size, its shape or what is there", () => {
  const input = (datatype: string, shape: readonly number[], size?: unknown) => ({
    ...{ name: "x", datatype, shape },
    ...size === undefined ? {} : { parameters: { binary_data_size: size } },
  });
  const bytesOf = (...args: Parameters<typeof read>) =>
    read(...args).inputs.map(({ content }) => content.kind === "raw" && [...content.bytes]);
  assert.deepEqual(bytesOf({ inputs: [input("UINT16", [2])] }, [1, 2, 3, 4]), [[1, 2, 3, 4]]);
  assert.deepEqual(bytesOf({ inputs: [input("UINT16", [1], 0)] }), [[]]);
  assert.deepEqual(bytesOf({ inputs: [input("other", [9])] }), [[]]);
  refuses(() => read({ inputs: [input("UINT16", [2])] }, [1, 2, 3]), "binary_buffer");
  refuses(() => read({ inputs: [input("UINT16", [1])] }, [1, 2, 3]), "surplus_bytes");
  for (const size of [-1, 1.5, "2", true]) {
    refuses(() => read({ inputs: [input("UINT16", [1], size)] }, [1, 2]), "binary_data_size");
  }
  // One picture may take all that is there; of several nothing tells where each ends.
  assert.deepEqual(bytesOf({ inputs: [input("BYTES", [1])] }, [7, 8]), [[7, 8]]);
  for (const shape of [[2], [1, 1], []]) {
    refuses(() => read({ inputs: [input("BYTES", shape)] }, [7, 8]), "parse_input");
  }
  refuses(
    () => read({ inputs: [input("BYTES", [1]), input("UINT8", [1])] }, [7, 8]),
    "parse_input",
  );
  refuses(
    () => read({ inputs: [{ ...input("UINT8", [1], 1), data: [1] }] }, [1]),
    "contents_not_empty",
  );
});

Deno.test("readRestRequest() takes from JSON what an element can be, and nothing else", () => {
  for (
    const [datatype, good, bad] of [
      ["BOOL", [true, [false]], [1]],
      ["FP32", [1.5, [[-2]]], ["1.5"]],
      ["INT8", [-3, [4]], [1.5]],
      ["UINT8", [0, [5]], [-1]],
      ["UINT8", [5], ["5"]],
    ] as const
  ) {
    assert.deepEqual(inputOf(datatype, good), { kind: "values", values: good.flat(2) });
    refuses(() => inputOf(datatype, [...good, ...bad]), "parse_input");
  }
  assert.deepEqual(inputOf("BYTES", ["hi", ["ho"]]), {
    kind: "strings",
    strings: [encode("hi"), encode("ho")],
  });
  refuses(() => inputOf("BYTES", ["hi", 1]), "parse_input");
  refuses(() => inputOf("FP16", [1]), "parse_input");
  refuses(() => inputOf("FP99", [1]), "unsupported_precision");
  // The model has no such input: that is refused later, by its name.
  assert.deepEqual(inputOf("FP32", [1], [{ ...spec, name: "y" }]), { kind: "values", values: [] });
});

Deno.test("writeRestResponse() answers in JSON alone where no output is binary, with the request's id", async () => {
  const request = { id: "7", inputs: [], outputs: [], binaryOutputs: new Set<string>() };
  const response = writeRestResponse({ model_name: "m" }, request, {
    a: { datatype: "FP32", shape: [1], data: Float32Array.of(0.5) },
  });
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("inference-header-content-length"), null);
  assert.deepEqual(await response.json(), {
    model_name: "m",
    id: "7",
    outputs: [{ name: "a", shape: [1], datatype: "FP32", data: [0.5] }],
  });
});

// Requests that are nearly right get further than random JSON does.
function requests() {
  const parameters = fc.dictionary(
    fc.constantFrom("binary_data_size", "binary_data_output", "binary_data", "x"),
    fc.oneof(fc.integer(), fc.boolean(), fc.string()),
  );
  const input = fc.record({
    name: fc.constantFrom("x", "y"),
    datatype: fc.constantFrom("FP32", "UINT8", "BYTES", "FP16", "BOOL", "INT64", "XX"),
    shape: fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 3 }),
    parameters,
    data: fc.array(fc.oneof(fc.double(), fc.integer(), fc.string(), fc.array(fc.integer()))),
  }, { requiredKeys: ["name", "datatype", "shape"] });
  const output = fc.record({ name: fc.string(), parameters }, { requiredKeys: ["name"] });
  return fc.record({
    id: fc.string(),
    parameters,
    inputs: fc.array(input, { maxLength: 3 }),
    outputs: fc.array(output, { maxLength: 2 }),
  }, { requiredKeys: ["inputs"] }).map((request) => JSON.stringify(request));
}
