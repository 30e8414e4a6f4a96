import assert from "node:assert/strict";
import type { Tensors } from "../src/mod.ts";
import classification, { type Options } from "./classification.ts";
import { context, fp32, frameInfo } from "./parts/testing.ts";

const labels = ["cat", "dog", "fox"];

async function classify(scores: number[], options?: Options) {
  const useCase = await classification(options, context);
  const { classifications } = await useCase.postprocess(
    { prob: fp32([1, scores.length, 1, 1], scores) },
    frameInfo(),
  );
  return classifications?.map(({ label, labelId, confidence }) =>
    `${label} ${labelId} ${confidence.toFixed(3)}`
  );
}

Deno.test("classification reports the best k, the best first", async () => {
  assert.deepEqual(await classify([0.25, 0.625, 0.125], { labels, k: 2 }), [
    "dog 1 0.625",
    "cat 0 0.250",
  ]);
  assert.deepEqual(await classify([0.25, 0.625, 0.125]), [
    "label 1 1 0.625",
    "label 0 0 0.250",
    "label 2 2 0.125",
  ]);
  assert.deepEqual(await classify([0.25, 0.625, 0.125], { labels, threshold: 0.5 }), [
    "dog 1 0.625",
  ]);
});

Deno.test("classification turns raw scores into probabilities, by the numbers or when told", async () => {
  assert.deepEqual(await classify([-1, 3, 1], { labels, k: 1 }), ["dog 1 0.867"]);
  assert.deepEqual(await classify([0.25, 0.5, 0.25], { labels, k: 1 }), ["dog 1 0.500"]);
  const told = await classify([0.25, 0.5, 0.25], { labels, k: 1, activation: "softmax" });
  assert.deepEqual(told, ["dog 1 0.391"]);
  assert.deepEqual(await classify([-1, 3, 1], { labels, k: 2, activation: "none" }), [
    "dog 1 1.000",
    "fox 2 1.000",
  ]);
});

Deno.test("classification remembers that the scores are raw", async () => {
  const useCase = await classification({ labels, k: 1 }, context);
  await useCase.postprocess({ o: fp32([1, 3], [5, 0, 0]) }, frameInfo());
  const { classifications } = await useCase.postprocess(
    { o: fp32([1, 3], [1, 0, 0]) },
    frameInfo(1),
  );
  assert.equal(classifications?.[0]?.confidence.toFixed(3), "0.576");
});

Deno.test("classification asks for RGB in 0 to 255, or what it is told", async () => {
  const input = async (options: Options) => (await classification(options, context)).input;
  assert.deepEqual(await input({}), { channels: "rgb", range: 255 });
  assert.deepEqual(await input({ channels: "bgr", range: 1 }), { channels: "bgr", range: 1 });
  assert.deepEqual(await input({ mean: [0.5, 0.5, 0.5] }), { channels: "rgb", range: 1 });
});

for (
  const [layout, shape, given, expected] of [
    ["planes", [1, 3, 1, 2], [1, 2, 1, 2, 1, 2], [0, 1, -1, 0, -1, -0.5]],
    ["interleaved", [1, 1, 2, 3], [1, 1, 1, 2, 2, 2], [0, -1, -1, 1, 0, -0.5]],
  ] as const
) {
  Deno.test(`classification normalises ${layout} by mean and std`, async () => {
    const pack = (): Tensors => ({ picture: fp32(shape, given) });
    const options = { mean: [1, 2, 3], std: [1, 1, 2] };
    const useCase = await classification(options, { ...context, pack });
    const tensors = await useCase.preprocess!({ ...frameInfo(), data: new Uint8Array() });
    assert.deepEqual([...tensors!["picture"]!.data as Float32Array], expected);
  });
}

Deno.test("classification refuses what is out of range", () => {
  const refuse = (options: unknown, message: string) =>
    assert.throws(() => classification(options as Options, context), { message });
  refuse({ k: 0 }, "k is 0, allowed is a whole number from 1 to 1000");
  refuse({ activation: "relu" }, 'activation is "relu", allowed is "auto" or "none" or "softmax"');
  refuse({ std: [1, 0, 1] }, "std is [1,0,1], allowed is a list of three numbers, none of std 0");
  refuse({ range: 2 }, "range is 2, allowed is 1 or 255");
});

Deno.test("classification takes the names of the model's own, and refuses a wrong number of them", async () => {
  const model = {
    ...context.model,
    outputs: [{ name: "prob", datatype: "FP32", shape: [-1, 3] }] as const,
  };
  const useCase = await classification({ k: 1 }, { ...context, model: { ...model, labels } });
  const outputs = { prob: fp32([1, 3], [0, 1, 0]) };
  const { classifications } = await useCase.postprocess(outputs, frameInfo());
  assert.equal(classifications?.[0]?.label, "dog");
  assert.throws(() => classification({ labels: ["cat"] }, { ...context, model }), {
    message: "labels has 1 names, the model has 3 classes",
  });
  assert.throws(() => classification({}, { ...context, model: { ...model, labels: ["cat"] } }), {
    message: "the model names 1 classes and has 3",
  });
});

Deno.test("classification refuses at the start, and later, what is no list of scores", async () => {
  const withShape = (shape: readonly number[]) => {
    const outputs = [{ name: "o", datatype: "FP32", shape }] as const;
    return { ...context, model: { ...context.model, outputs } };
  };
  const message =
    "the model's output is FP32 [1,1,100,7], it must be a score for each class: [1, classes]";
  assert.throws(() => classification({}, withShape([1, 1, 100, 7])), {
    name: "TypeError",
    message,
  });
  for (const shape of [[1, 1000], [-1, 1000, 1, 1], [1000], [1, -1, -1, -1]]) {
    assert.ok(classification({}, withShape(shape)));
  }
  const useCase = await classification({}, context);
  const rows = { o: fp32([1, 1, 100, 7]) };
  await assert.rejects(async () => await useCase.postprocess(rows, frameInfo()), { message });
});

Deno.test("classification says once that scores are none when it was told to take them so", async () => {
  const logged: string[] = [];
  const log = (level: string, message: string) => void logged.push(`${level}: ${message}`);
  const useCase = await classification({ activation: "none" }, { ...context, log });
  for (let frame = 0; frame < 3; frame++) {
    await useCase.postprocess({ o: fp32([1, 2], [1.01, 3.5]) }, frameInfo(frame));
  }
  assert.deepEqual(logged, [
    'warning: A score is 3.5, outside 0…1: it looks like logits; activation "softmax" or "auto" ' +
    "makes probabilities of them",
  ]);
});
