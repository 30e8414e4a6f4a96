import assert from "node:assert/strict";
import makeMyUseCase, { type Options } from "./my_use_case.ts";
import type { FrameInfo, UseCaseContext } from "../../../contract.ts";

const context: UseCaseContext = {
  stream: "test",
  model: { name: "classifier", inputs: [], outputs: [] },
  // It uses none of them.
  helpers: {} as UseCaseContext["helpers"],
  pack: () => ({}),
  log: () => {},
};

const frame: FrameInfo = {
  stream: "test",
  sequence: 0,
  ptsMs: 0,
  capturedAtMs: 0,
  width: 224,
  height: 224,
  pixelFormat: "bgrp",
  contentRect: { x: 0, y: 0, width: 1, height: 1 },
};

async function classify(scores: number[], options?: Options) {
  const useCase = await makeMyUseCase(options, context);
  const data = Float32Array.from(scores);
  const shape = [1, scores.length];
  const outputs = { scores: { datatype: "FP32" as const, shape, data } };
  return (await useCase.postprocess(outputs, frame)).classifications ?? [];
}

Deno.test("my_use_case names the likeliest classes first", async () => {
  const found = await classify([0, 2, 1, -1], { top: 2, labels: ["cat", "dog", "bird"] });
  assert.deepEqual(found.map(({ label, labelId }) => [label, labelId]), [["dog", 1], ["bird", 2]]);
});

Deno.test("my_use_case gives shares of 1", async () => {
  const found = await classify([1000, 1000]);
  assert.deepEqual(found.map(({ confidence }) => confidence), [0.5, 0.5]);
});
