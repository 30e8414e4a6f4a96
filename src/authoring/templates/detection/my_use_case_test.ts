import assert from "node:assert/strict";
import makeMyUseCase, { type Options } from "./my_use_case.ts";
import type { FrameInfo, UseCaseContext } from "../../../contract.ts";

const context: UseCaseContext = {
  stream: "test",
  model: { name: "detector", inputs: [], outputs: [] },
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

/** What the use case makes of rows: image id, label, confidence, two corners. */
async function analyse(rows: number[][], options?: Options) {
  const useCase = await makeMyUseCase(options, context);
  const data = Float32Array.from(rows.flat());
  const shape = [1, 1, rows.length, 7];
  return await useCase.postprocess({ rows: { datatype: "FP32", shape, data } }, frame);
}

Deno.test("my_use_case finds what stands before the end of the list", async () => {
  const rows = [[0, 1, 0.75, 0.25, 0.5, 0.5, 1], [-1, 0, 0, 0, 0, 0, 0], [0, 2, 1, 0, 0, 1, 1]];
  assert.deepEqual((await analyse(rows)).detections, [{
    label: "person",
    labelId: 1,
    confidence: 0.75,
    box: { x: 0.25, y: 0.5, width: 0.25, height: 0.5 },
  }]);
});

Deno.test("my_use_case leaves out what is below the threshold", async () => {
  const rows = [[0, 1, 0.75, 0, 0, 1, 1], [0, 1, 0.25, 0, 0, 1, 1]];
  assert.equal((await analyse(rows)).detections?.length, 1);
  assert.equal((await analyse(rows, { threshold: 0.2 })).detections?.length, 2);
  assert.equal((await analyse(rows, { threshold: 0.8 })).detections?.length, 0);
});
