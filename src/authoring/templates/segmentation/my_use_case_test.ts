import assert from "node:assert/strict";
import makeMyUseCase from "./my_use_case.ts";
import type { FrameInfo, UseCaseContext } from "../../../contract.ts";

const context: UseCaseContext = {
  stream: "test",
  model: { name: "segmenter", inputs: [], outputs: [] },
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
  width: 2,
  height: 2,
  pixelFormat: "bgrp",
  contentRect: { x: 0, y: 0, width: 1, height: 1 },
};

Deno.test("my_use_case tells how much of the picture each class covers", async () => {
  const useCase = await makeMyUseCase({ labels: ["road", "sky"] }, context);
  // Two classes on two by two pixels: all scores of the first class, then those of the second.
  const data = Float32Array.of(...[0.9, 0.2, 0.8, 0.7], ...[0.1, 0.8, 0.2, 0.3]);
  const outputs = { scores: { datatype: "FP32" as const, shape: [1, 2, 2, 2], data } };
  assert.deepEqual(await useCase.postprocess(outputs, frame), { data: { road: 0.75, sky: 0.25 } });
});
