import type { MethodDefinition } from "@grpc/grpc-js";
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import protobuf from "protobufjs";
import { concatBytes } from "../../concat_bytes.ts";
import { ModelInferDecoder, type ModelInferResponse } from "../kserve/kserve_answer.ts";
import { loadKserve } from "../transport/protos.ts";
import { decodeStreamAnswer, encodeFrameFields } from "./message.ts";

const { ModelInfer, ModelStreamInfer } = await loadKserve() as Record<
  string,
  MethodDefinition<object, object>
>;
const whole = new ModelInferDecoder((message) =>
  ModelInfer!.responseDeserialize(message as never) as ModelInferResponse
);

function decode(answer: object, error = "") {
  const bytes = ModelStreamInfer!.responseSerialize({
    ...error !== "" && { error_message: error },
    infer_response: answer,
  });
  return decodeStreamAnswer(new Uint8Array(bytes), whole);
}

const at = (timestamp: number | string) => ({
  OVMS_MP_TIMESTAMP: { int64_param: String(timestamp) },
});
const raw = new Uint8Array(Float32Array.of(0.5, 2).buffer);
const scores = { name: "scores", datatype: "FP32", shape: [1, 2] };
const decoded = { datatype: "FP32", shape: [1, 2], data: Float32Array.of(0.5, 2) };

Deno.test("a request says which frame it is of, and what the graph is told as it begins", () => {
  const sidePackets = { most: 5, low: -1, label: "person", strict: true, loud: false };
  const fields = encodeFrameFields(1_760_000_000_000_001, sidePackets);
  const { id, parameters } = ModelInfer!.requestDeserialize(fields as never) as {
    readonly id: string;
    readonly parameters: Record<string, unknown>;
  };
  equal(id, "1760000000000001");
  const param = (kind: string, value: unknown) => ({ [kind]: value, parameter_choice: kind });
  deepEqual(parameters, {
    ...{ most: param("int64_param", "5"), low: param("int64_param", "-1") },
    ...{ label: param("string_param", "person") },
    ...{ strict: param("bool_param", true), loud: param("bool_param", false) },
    OVMS_MP_TIMESTAMP: param("int64_param", "1760000000000001"),
  });
});

Deno.test("an answer is of the frame that its timestamp names, or else the id that it repeats", () => {
  const cases: [object, number | null, boolean][] = [
    [{ parameters: at(1_760_000_000_000_001), id: "5" }, 1_760_000_000_000_001, true],
    [
      { parameters: { other: { int64_param: "9" }, ...at(7), more: { bool_param: true } } },
      7,
      true,
    ],
    [{ id: "1760000000000001" }, 1_760_000_000_000_001, false],
    [{ id: "12345678901234567" }, null, false],
    [{ id: "no frame" }, null, false],
    [{ id: "7 of 8" }, null, false],
    [{}, null, false],
    [{ parameters: { other: { int64_param: "9" } } }, null, false],
    [{ parameters: { OVMS_MP_TIMESTAMP: { string_param: "9" } } }, null, false],
    [{ parameters: { OVMS_MP_TIMESTAMP: {} }, id: "3" }, 3, false],
    [{ parameters: { OVMS_MP_TIMESTAMP: { bool_param: true } }, id: "3" }, 3, false],
    [{ parameters: at(-1) }, -1, true],
  ];
  for (const [answer, timestampUs, isTimed] of cases) {
    const told = decode(answer);
    deepEqual([told.timestampUs, told.isTimed, told.error], [timestampUs, isTimed, ""]);
  }
});

Deno.test("an answer is the last of its frame where the server says so", () => {
  const last = (value: object) => decode({ id: "7", parameters: { triton_final_response: value } });
  equal(last({ bool_param: true }).isLast, true);
  equal(last({ bool_param: false }).isLast, false);
  equal(last({ int64_param: "1" }).isLast, false);
  equal(decode({ id: "7", parameters: at(3) }).isLast, false);
  equal(decode({ id: "7", parameters: { other: { bool_param: true } } }).isLast, false);
});

Deno.test("an error is told in the server's words, with its frame where it has one", () => {
  const { error, timestampUs } = decode({ id: "4000" }, "busy");
  deepEqual([error, timestampUs], ["busy", 4000]);
  const alone = ModelStreamInfer!.responseSerialize({ error_message: "lost" });
  equal(decodeStreamAnswer(new Uint8Array(alone), whole).timestampUs, null);
});

Deno.test("outputs are decoded in memory of their own", () => {
  const names = { name: "names", datatype: "BYTES", shape: [1] };
  const bytes = new Uint8Array(ModelStreamInfer!.responseSerialize({
    infer_response: {
      outputs: [scores, names],
      raw_output_contents: [raw, Uint8Array.of(1, 0, 0, 0, 65)],
    },
  }));
  const outputs = decodeStreamAnswer(bytes, whole).outputs();
  bytes.fill(255);
  deepEqual(outputs, {
    scores: decoded,
    names: { datatype: "BYTES", shape: [1], data: [Uint8Array.of(65)] },
  });
  equal((outputs["scores"]!.data as Float32Array).buffer.byteLength, raw.byteLength);
  deepEqual(decode({}).outputs(), {});
});

Deno.test("outputs are decoded as well where their elements stand with each of them", () => {
  const contents = { fp32_contents: [0.5, 2] };
  deepEqual(decode({ outputs: [{ ...scores, contents }] }).outputs(), { scores: decoded });
  throws(
    () => decode({ outputs: [scores] }).outputs(),
    /Cannot read output scores: it came without/,
  );
  const twice = decode({ outputs: [{ ...scores, contents }], raw_output_contents: [raw] });
  throws(() => twice.outputs(), {
    name: "InferenceError",
    reason: "server_error",
    message: /Cannot read output scores: its elements came twice/,
  });
});

/** A length-delimited field. */
function field(number: number, content: Uint8Array | string): Uint8Array {
  const writer = protobuf.Writer.create().uint32(number << 3 | 2);
  return (typeof content === "string" ? writer.string(content) : writer.bytes(content)).finish();
}

Deno.test("a message is read whatever the order of its fields, and whatever is new in it", () => {
  const unknown = [
    field(60, "?"),
    protobuf.Writer.create().uint32(61 << 3).uint32(300).uint32(62 << 3 | 5).fixed32(1).finish(),
  ];
  // Numbers that are not packed, as the protocol allows.
  const extents = protobuf.Writer.create().uint32(3 << 3).int64(1).uint32(3 << 3).int64(2).finish();
  const output = concatBytes([
    ...unknown,
    extents,
    field(2, "FP32"),
    ...unknown,
    field(1, "scores"),
  ]);
  const stamp = protobuf.Writer.create().uint32(2 << 3).int64(7).finish();
  const parameter = concatBytes([
    ...unknown,
    field(2, stamp),
    ...unknown,
    field(1, "OVMS_MP_TIMESTAMP"),
  ]);
  const answer = concatBytes([
    ...[field(6, raw), ...unknown, field(4, parameter), field(3, "5"), field(5, output)],
    ...unknown,
  ]);
  const bytes = concatBytes([...unknown, field(2, answer), ...unknown, field(1, "and an error")]);
  const told = decodeStreamAnswer(bytes, whole);
  deepEqual([told.error, told.timestampUs, told.isTimed], ["and an error", 7, true]);
  deepEqual(told.outputs(), { scores: decoded });
});

Deno.test("what is no message is none", () => {
  for (
    const bytes of [Uint8Array.of(255, 255), field(2, Uint8Array.of(255)), Uint8Array.of(18, 9)]
  ) {
    throws(() => decodeStreamAnswer(bytes, whole));
  }
  const wrong = decode({ outputs: [scores], raw_output_contents: [raw.subarray(0, 4)] });
  throws(() => wrong.outputs(), (error: Error) => {
    ok(error.name === "InferenceError");
    match(error.message, /scores/);
    return true;
  });
});
