import assert from "node:assert/strict";
import type { Tensor, TensorSpec } from "../src/mod.ts";
import { context, fp32, frameInfo, tensor } from "./parts/testing.ts";
import segmentation, { type Options } from "./segmentation.ts";

const side = 16;

/** Class 1 in the upper left quarter, class 2 in the lower half, class 0 elsewhere. */
function classAt(at: number): number {
  const [x, y] = [at % side, Math.floor(at / side)];
  return y >= side / 2 ? 2 : x < side / 2 ? 1 : 0;
}

const classes = Array.from({ length: side * side }, (_, at) => classAt(at));
const scores = [0, 1, 2].flatMap((id) => classes.map((one) => one === id ? 2.5 : -1));

async function analyse(output: Tensor, options?: Options, more = {}) {
  const useCase = await segmentation(options, context);
  return await useCase.postprocess({ output }, frameInfo(0, more));
}

const lower = [[0, 0.5], [1, 0.5], [1, 1], [0, 1]];
const quarter = [[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]];
const outputs: [name: string, output: Tensor][] = [
  ["scores [1,C,H,W]", fp32([1, 3, side, side], scores)],
  ["FP16 scores", tensor("FP16", [1, 3, side, side], Float16Array.from(scores))],
  ["a map of floats [1,1,H,W]", fp32([1, 1, side, side], classes)],
  ["a map of bytes [1,H,W]", tensor("UINT8", [1, side, side], Uint8Array.from(classes))],
  ["a map of INT64", tensor("INT64", [1, side, side], BigInt64Array.from(classes, BigInt))],
];
for (const [name, output] of outputs) {
  Deno.test(`segmentation outlines ${name}`, async () => {
    const { annotations, data } = await analyse(output, { labels: ["none", "sky", "road"] });
    assert.deepEqual(annotations, [
      { kind: "polyline", points: lower, closed: true, color: "#ffd24d" },
      { kind: "polyline", points: quarter, closed: true, color: "#4dd2ff" },
    ]);
    assert.deepEqual(data, { shares: { road: 0.5, none: 0.25, sky: 0.25 } });
  });
}

Deno.test("segmentation takes probabilities of one class from the threshold on", async () => {
  const probabilities = fp32([1, 1, side, side], classes.map((id) => id === 2 ? 0.75 : 0.25));
  const { annotations, data } = await analyse(probabilities);
  assert.deepEqual(annotations?.map((one) => one.kind === "polyline" && one.points), [lower]);
  assert.deepEqual(data, { shares: { "label 0": 0.5, "label 1": 0.5 } });
  assert.equal((await analyse(probabilities, { threshold: 0.8 })).annotations?.length, 0);
});

Deno.test("segmentation undoes the letterbox, in outlines and in shares", async () => {
  const upper = { contentRect: { x: 0, y: 0, width: 1, height: 0.75 } };
  const { annotations, data } = await analyse(fp32([1, 1, side, side], classes), {}, upper);
  const third = 2 / 3;
  assert.deepEqual(annotations?.map((one) => one.kind === "polyline" && one.points), [
    [[0, 0], [0.5, 0], [0.5, third], [0, third]],
    [[0, third], [1, third], [1, 1], [0, 1]],
  ]);
  assert.deepEqual(data, { shares: { "label 0": 0.3333, "label 1": 0.3333, "label 2": 0.3333 } });
  // Nothing but the bar below the picture is class 2.
  const half = { contentRect: { x: 0, y: 0, width: 1, height: 0.5 } };
  const { annotations: inHalf } = await analyse(fp32([1, 1, side, side], classes), {}, half);
  assert.deepEqual(inHalf?.map((one) => one.kind === "polyline" && one.points), [
    [[0, 0], [0.5, 0], [0.5, 1], [0, 1]],
  ]);
});

Deno.test("segmentation draws what it is told to, and no small regions", async () => {
  const output = fp32([1, 3, side, side], scores);
  const count = async (options: Options) => (await analyse(output, options)).annotations?.length;
  assert.equal(await count({ background: -1 }), 3);
  assert.equal(await count({ background: 2 }), 2);
  assert.equal(await count({ only: ["label 2"] }), 1);
  assert.equal(await count({ minShare: 0.3 }), 1);
});

Deno.test("segmentation traces a large map in fewer cells, at the same place", async () => {
  const large = 512;
  const ids = Uint8Array.from(
    { length: large * large },
    // Its edge is half a cell beyond the quarter, which does not make a whole one.
    (_, at) => at % large < large / 4 + 4 && at < large * large / 2 ? 1 : 0,
  );
  const { annotations } = await analyse(tensor("UINT8", [1, large, large], ids), { detail: 64 });
  assert.deepEqual(annotations?.map((one) => one.kind === "polyline" && one.points), [
    [[0, 0], [0.25, 0], [0.25, 0.5], [0, 0.5]],
  ]);
});

Deno.test("segmentation says what it cannot read", async () => {
  const rejects = (output: Tensor, message: string | RegExp) =>
    assert.rejects(analyse(output), { name: "TypeError", message });
  await rejects(fp32([1, 100]), /^the model's output is FP32 \[1,100\], it must be/);
  await rejects(
    fp32([2, 3, 4, 4]),
    "the model's output is FP32 [2,3,4,4], it must be [1, classes, H, W] or [1, H, W]",
  );
  assert.throws(() => segmentation({ fit: "crop" } as unknown as Options, context), {
    message: 'fit is "crop", allowed is "stretch" or "letterbox"',
  });
});

Deno.test("segmentation refuses at the start what it cannot read, and a wrong number of names", () => {
  const scores: TensorSpec = { name: "o", datatype: "FP32", shape: [1, 3, 16, 16] };
  const withOutputs = (...outputs: TensorSpec[]) => ({
    ...context,
    model: { ...context.model, outputs },
  });
  assert.throws(() => segmentation({ labels: ["road"] }, withOutputs(scores)), {
    message: "labels has 1 names, the model has 3 classes",
  });
  assert.throws(
    () => segmentation({}, withOutputs(scores, { ...scores, name: "p" })),
    /^TypeError: Cannot pick the only output/,
  );
  for (const shape of [[1, 1, 100, 7], [1, 84, 8400], [1, 1000], [2, 3, 16, 16]]) {
    assert.throws(() => segmentation({}, withOutputs({ ...scores, shape })), {
      name: "TypeError",
      message:
        /^the model's output is FP32 \[.*\], it must be \[1, classes, H, W\] or \[1, H, W\]$/,
    });
  }
  for (const shape of [[-1, 3, -1, -1], [1, 21, 256, 512], [-1, -1, -1], [1, 1, -1, 16]]) {
    assert.ok(segmentation({}, withOutputs({ ...scores, shape })));
  }
});
