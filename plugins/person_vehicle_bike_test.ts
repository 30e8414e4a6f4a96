import assert from "node:assert/strict";
import personVehicleBike, { type Options } from "./person_vehicle_bike.ts";
import * as helpers from "../src/mod.ts";
import { frameInfo } from "./parts/testing.ts";
import type { UseCaseContext } from "../src/mod.ts";

const context: UseCaseContext = {
  stream: "s",
  model: { name: "m", inputs: [], outputs: [] },
  helpers,
  pack: () => assert.fail("it prepares nothing"),
  log: () => {},
};

const frame = frameInfo(0, { width: 512, height: 512, pixelFormat: "bgrp" });

async function analyse(rows: number[][], options?: Options) {
  const useCase = await personVehicleBike(options, context);
  const data = Float32Array.from(rows.flat());
  return await useCase.postprocess({
    detection_out: { datatype: "FP32", shape: [1, 1, rows.length, 7], data },
  }, frame);
}

Deno.test("person_vehicle_bike reads rows up to the one with image id -1", async () => {
  const { detections } = await analyse([
    [0, 1, 1, 0.25, 0.5, 0.5, 0.75],
    [0, 0, 0.875, 0, 0, 1, 1],
    [0, 2, 0.75, 0.5, 0.5, 0.625, 0.625],
    [-1, 0, 0, 0, 0, 0, 0],
    [0, 1, 1, 0, 0, 1, 1],
  ]);
  assert.deepEqual(detections, [
    {
      label: "person",
      labelId: 1,
      confidence: 1,
      box: { x: 0.25, y: 0.5, width: 0.25, height: 0.25 },
    },
    { label: "vehicle", labelId: 0, confidence: 0.875, box: { x: 0, y: 0, width: 1, height: 1 } },
    {
      label: "bike",
      labelId: 2,
      confidence: 0.75,
      box: { x: 0.5, y: 0.5, width: 0.125, height: 0.125 },
    },
  ]);
});

Deno.test("person_vehicle_bike leaves out what is below the threshold", async () => {
  const rows = [[0, 1, 0.5, 0, 0, 1, 1], [0, 1, 0.8, 0, 0, 1, 1], [-1, 0, 0, 0, 0, 0, 0]];
  assert.equal((await analyse(rows)).detections?.length, 1);
  assert.equal((await analyse(rows, { threshold: 0.4 })).detections?.length, 2);
  assert.equal((await analyse(rows, { threshold: 0.9 })).detections?.length, 0);
});

Deno.test("person_vehicle_bike names a label that the model should not have", async () => {
  const { detections } = await analyse([[0, 7, 1, 0, 0, 1, 1]]);
  assert.equal(detections?.[0]?.label, "label 7");
});

Deno.test("person_vehicle_bike refuses a threshold out of range", () => {
  assert.throws(() => personVehicleBike({ threshold: 75 }, context), {
    name: "RangeError",
    message: "threshold is 75, allowed is 0 to 1",
  });
});

Deno.test("person_vehicle_bike refuses a model without the SSD output", async () => {
  const useCase = await personVehicleBike(undefined, context);
  await assert.rejects(async () => await useCase.postprocess({}, frame), {
    name: "TypeError",
    message: "the model has no FP32 output of shape [1,1,N,7]",
  });
});

Deno.test("person_vehicle_bike takes the labels of another SSD", async () => {
  const { detections } = await analyse([[0, 1, 1, 0, 0, 1, 1]], { labels: ["none", "face"] });
  assert.equal(detections?.[0]?.label, "face");
});

Deno.test("person_vehicle_bike tells boxes of the whole picture when it sees a region of it", async () => {
  const useCase = await personVehicleBike(undefined, context);
  const data = Float32Array.of(0, 1, 1, 0, 0.5, 0.5, 1);
  const outputs = { rows: { datatype: "FP32", shape: [1, 1, 1, 7], data } } as const;
  // The frame shows the lower right quarter.
  const region = { ...frame, contentRect: { x: -1, y: -1, width: 2, height: 2 } };
  const { detections } = await useCase.postprocess(outputs, region);
  assert.deepEqual(detections?.map(({ box }) => box), [
    { x: 0.5, y: 0.75, width: 0.25, height: 0.25 },
  ]);
});

const misread: [row: number[], message: RegExp][] = [
  [[0, 1, 7.5, 0, 0, 1, 1], /a score is 7.5, allowed is 0 to 1: it looks like logits/],
  [[0, 1, 0.9, 100, 50, 200, 300], /a corner is at 100, 50, 200, 300: it looks like pixels/],
  [[0, 0.5, 0.9, 0, 0, 1, 1], /a class is 0.5, which is no number of one/],
  [[0, 1, 0.9, 0.5, 0.5, 0.25, 0.25], /negative width or height: it looks like centres and sizes/],
];
for (const [row, message] of misread) {
  Deno.test(`person_vehicle_bike says of [${row}] what it looks like, the same for every frame`, async () => {
    const useCase = await personVehicleBike(undefined, context);
    const ask = async (data: Float32Array) =>
      await useCase.postprocess(
        { rows: { datatype: "FP32", shape: [1, 1, 1, 7], data } },
        frame,
      );
    await assert.rejects(() => ask(Float32Array.from(row)), { name: "TypeError", message });
    await assert.rejects(() => ask(Float32Array.of(0, 1, 0.9, 0, 0, 1, 1)), message);
  });
}

Deno.test("person_vehicle_bike lends its labels to another model only with a word", async () => {
  const row = Float32Array.of(0, 0, 0.9, 0, 0, 1, 1);
  const labelOf = async (model: Partial<UseCaseContext["model"]>, options?: Options) => {
    const logged: string[] = [];
    const useCase = await personVehicleBike(options, {
      ...context,
      model: { ...context.model, ...model },
      log: (level, message) => logged.push(`${level}: ${message}`),
    });
    const outputs = { rows: { datatype: "FP32", shape: [1, 1, 1, 7], data: row } } as const;
    const { detections } = await useCase.postprocess(outputs, frame);
    return [detections?.[0]?.label, ...logged];
  };
  assert.deepEqual(await labelOf({ labels: ["person"] }), ["person"]);
  assert.deepEqual(await labelOf({}, { labels: ["person"] }), ["person"]);
  assert.deepEqual(await labelOf({ name: "person-vehicle-bike-detection-2002" }), ["vehicle"]);
  assert.deepEqual(await labelOf({ name: "person-detection-0202" }), [
    "vehicle",
    "warning: The model does not name its classes: they are taken for 0 vehicle, 1 person, 2 bike; " +
    "where that is wrong, give labels in --use_case_options",
  ]);
});
