import assert from "node:assert/strict";
import makeMyUseCase from "./my_use_case.ts";
import type { FrameInfo, UseCaseContext } from "../../../contract.ts";

const context: UseCaseContext = {
  stream: "test",
  model: { name: "model", inputs: [], outputs: [] },
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
  width: 640,
  height: 360,
  pixelFormat: "bgrp",
  contentRect: { x: 0, y: 0, width: 1, height: 1 },
};

Deno.test("my_use_case shows the first numbers of each output", async () => {
  const useCase = await makeMyUseCase({ numbers: 2 }, context);
  const data = Float32Array.of(1, 2, 3, 4);
  const outputs = { scores: { datatype: "FP32" as const, shape: [1, 4], data } };
  assert.deepEqual(await useCase.postprocess(outputs, frame), {
    data: [{ name: "scores", datatype: "FP32", shape: [1, 4], first: ["1", "2"] }],
  });
});
