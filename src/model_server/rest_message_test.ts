import fc from "fast-check";
import assert from "node:assert/strict";
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
