import type { MethodDefinition } from "@grpc/grpc-js";
import { deepEqual, equal, notEqual, throws } from "node:assert/strict";
import { ModelInferDecoder, type ModelInferResponse } from "./kserve_answer.ts";
import { loadKserve } from "../transport/protos.ts";

const { ModelInfer } = await loadKserve();
const { responseSerialize, responseDeserialize } = ModelInfer as MethodDefinition<object, object>;
let readByProtobufjs = 0;

function decoder(): ModelInferDecoder {
  readByProtobufjs = 0;
  return new ModelInferDecoder((message) => {
    readByProtobufjs++;
    return responseDeserialize(message as never) as ModelInferResponse;
  });
}

function message(score: number, shape = [2], raws = 2): Uint8Array {
  const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(score);
  const labels = Uint8Array.of(1, 0, 0, 0, 65);
  return new Uint8Array(responseSerialize({
    model_name: "model",
    outputs: [
      { name: "scores", datatype: "FP32", shape },
      { name: "labels", datatype: "BYTES", shape: [1] },
    ],
    raw_output_contents: [new Uint8Array(data.buffer), labels].slice(0, raws),
  }));
}

Deno.test("ModelInferDecoder reads answers of one kind by the first, each for itself", () => {
  const decoding = decoder();
  const answers = [1, 2, 3].map((score) => decoding.decode(message(score)));
  equal(readByProtobufjs, 1);
  deepEqual(
    answers.map(({ scores }) => scores),
    [1, 2, 3].map((score) => ({
      datatype: "FP32",
      shape: [2],
      data: Float32Array.of(score, score),
    })),
  );
  deepEqual(answers[2]!["labels"]?.data, [Uint8Array.of(65)]);
});

Deno.test("ModelInferDecoder gives each output a buffer of its own, out of memory that is used again", () => {
  const decoding = decoder();
  for (const score of [1, 2]) {
    const bytes = message(score);
    const { scores } = decoding.decode(bytes);
    bytes.fill(255);
    const data = scores?.data as Float32Array;
    deepEqual(data, Float32Array.of(score, score));
    notEqual(data.buffer, bytes.buffer);
    if (score === 2) equal(data.buffer.byteLength, data.byteLength);
  }
});

Deno.test("ModelInferDecoder notices an answer of another kind", () => {
  const decoding = decoder();
  for (const shape of [[2], [3], [1, 2], [2], [0]]) {
    deepEqual(decoding.decode(message(7, shape))["scores"]?.shape, shape);
  }
  equal(readByProtobufjs, 5);
});

Deno.test("ModelInferDecoder refuses answers without data, with too few, and cut short", () => {
  const decoding = decoder();
  const missing = { reason: "server_error", message: /Cannot read output labels: it came without/ };
  throws(() => decoding.decode(message(1, [2], 1)), missing);
  decoding.decode(message(1));
  throws(() => decoding.decode(message(1, [2], 1)), missing);
  throws(() => decoding.decode(message(1).slice(0, -1)), RangeError);
});

Deno.test("ModelInferDecoder reads an answer whose data stand with each output", () => {
  const decoding = decoder();
  const answer = (scores: number[]) =>
    new Uint8Array(responseSerialize({
      model_name: "model",
      outputs: [{
        ...{ name: "scores", datatype: "FP32", shape: [scores.length] },
        contents: { fp32_contents: scores },
      }],
    }));
  for (const scores of [[0.5, 2], [3, 4], []]) {
    deepEqual(decoding.decode(answer(scores)), {
      scores: { datatype: "FP32", shape: [scores.length], data: Float32Array.from(scores) },
    });
  }
});

Deno.test("ModelInferDecoder leaves out raw contents that no output has", () => {
  const decoding = decoder();
  const raw = Uint8Array.of(0, 0, 0, 0);
  const answer = (raws: number) =>
    new Uint8Array(responseSerialize({
      outputs: [{ name: "scores", datatype: "FP32", shape: [1] }],
      raw_output_contents: new Array(raws).fill(raw),
    }));
  for (const raws of [1, 3, 1, 1]) {
    deepEqual(Object.keys(decoding.decode(answer(raws))), ["scores"]);
  }
  equal(readByProtobufjs, 2);
});
