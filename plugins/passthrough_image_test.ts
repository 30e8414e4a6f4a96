import assert from "node:assert/strict";
import type { Tensor } from "../src/mod.ts";
import { context, fp32, frameInfo, tensor } from "./parts/testing.ts";
import passthroughImage, { type Options } from "./passthrough_image.ts";

const side = 8;
const pixels = side * side;

/** Red on the left half, blue on the right, as RGB of 0…1. */
function colorAt(at: number): [number, number, number] {
  return at % side < side / 2 ? [1, 0, 0] : [0, 0, 1];
}

const all = Array.from({ length: pixels }, (_, at) => colorAt(at));
const planes = [0, 1, 2].flatMap((channel) => all.map((color) => color[channel]!));
const swapped = all.flatMap(([red, green, blue]) => [blue, green, red]);

async function show(output: Tensor, options?: Options) {
  const useCase = await passthroughImage(options, context);
  const { data } = await useCase.postprocess({ output }, frameInfo());
  const picture = { width: 4, height: 2, data: new Uint8Array(32).fill(255) };
  await useCase.visualize!(picture, {});
  return { data, row: [...picture.data.slice(0, 16)], second: [...picture.data.slice(16)] };
}

const expected = [...[255, 0, 0, 255], ...[255, 0, 0, 255], ...[0, 0, 255, 255], ...[
  0,
  0,
  255,
  255,
]];
const outputs: [name: string, output: Tensor, options: Options][] = [
  [
    "bytes [1,H,W,3]",
    tensor("UINT8", [1, side, side, 3], Uint8Array.from(swapped, (v) => v * 255)),
    {},
  ],
  ["bytes [H,W,3]", tensor("UINT8", [side, side, 3], Uint8Array.from(swapped, (v) => v * 255)), {}],
  [
    "UINT16 [H,W,3]",
    tensor("UINT16", [side, side, 3], Uint16Array.from(swapped, (v) => v * 65535)),
    {},
  ],
  ["floats [1,3,H,W] in RGB, 0…1", fp32([1, 3, side, side], planes), { channels: "rgb" }],
  [
    "floats [1,3,H,W] in RGB, 0…255",
    fp32([1, 3, side, side], planes.map((value) => value * 255)),
    { channels: "rgb" },
  ],
];
for (const [name, output, options] of outputs) {
  Deno.test(`passthrough_image shows ${name}`, async () => {
    const { data, row, second } = await show(output, options);
    assert.deepEqual(data, { sequence: 0, width: side, height: side, channels: 3 });
    assert.deepEqual(row, expected);
    assert.deepEqual(second, expected);
  });
}

Deno.test("passthrough_image shows four channels, opaque", async () => {
  const data = Uint8Array.from(all.flatMap((color) => [...color.map((v) => v * 255), 7]));
  const rgba = tensor("UINT8", [side, side, 4], data);
  const shown = await show(rgba, { channels: "rgb" });
  assert.deepEqual(shown.data, { sequence: 0, width: side, height: side, channels: 4 });
  assert.deepEqual(shown.row, expected);
});

Deno.test("passthrough_image shows grey, and a range that it is told", async () => {
  const grey = fp32([1, 1, side, side], new Array(pixels).fill(0.5));
  assert.deepEqual((await show(grey)).row.slice(0, 4), [128, 128, 128, 255]);
  // A dark picture of a model whose floats end at 255.
  assert.deepEqual((await show(grey, { outputRange: 255 })).row.slice(0, 3), [1, 1, 1]);
});

Deno.test("passthrough_image shows on each frame its own picture, as long as it is kept", async () => {
  const useCase = await passthroughImage({}, context);
  const told = await Promise.all(Array.from({ length: 20 }, (_, at) => {
    const image = tensor("UINT8", [1, side, side, 3], new Uint8Array(pixels * 3).fill(at));
    return useCase.postprocess({ image }, frameInfo(at));
  }));
  const shown = await Promise.all([19, 10, 4, 3].map(async (at) => {
    const picture = { width: 1, height: 1, data: new Uint8Array(4) };
    await useCase.visualize!(picture, told[at]!);
    return picture.data[0];
  }));
  // The oldest four are gone: the newest stands for them.
  assert.deepEqual(shown, [19, 10, 4, 19]);
});

Deno.test("passthrough_image draws nothing before the first picture", async () => {
  const useCase = await passthroughImage({}, context);
  const picture = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3, 4) };
  await useCase.visualize!(picture, {});
  assert.deepEqual([...picture.data], [1, 2, 3, 4]);
});

Deno.test("passthrough_image picks the output that is a picture, or that is named", async () => {
  const useCase = await passthroughImage({}, context);
  const picture = tensor("UINT8", [1, side, 16, 3], new Uint8Array(pixels * 6));
  const boxes = fp32([1, 1, 100, 7]);
  const { data } = await useCase.postprocess({ boxes, picture }, frameInfo());
  assert.deepEqual(data, { sequence: 0, width: 16, height: side, channels: 3 });
  await assert.rejects(
    async () => await useCase.postprocess({ a: picture, b: picture }, frameInfo()),
    {
      message: 'the model has several pictures ("a", "b"): name one in the option output',
    },
  );
  await assert.rejects(async () => await useCase.postprocess({ boxes }, frameInfo()), {
    message: "the model's output is FP32 [1,1,100,7], it is no picture",
  });
  const named = await passthroughImage({ output: "b" }, context);
  assert.ok(await named.postprocess({ a: boxes, b: picture }, frameInfo()));
});

Deno.test("passthrough_image refuses at the start a model without a picture", async () => {
  const withOutputs = (...shapes: readonly number[][]) => {
    const outputs = shapes.map((shape, at) =>
      ({ name: `o${at}`, datatype: "FP32", shape }) as const
    );
    return { ...context, model: { ...context.model, outputs } };
  };
  const refuse = (shapes: number[][], options: Options, message: string | RegExp) =>
    assert.throws(() => passthroughImage(options, withOutputs(...shapes)), { message });
  const boxes = [1, 1, 100, 7];
  refuse([boxes], {}, "the model's output is FP32 [1,1,100,7], it is no picture");
  refuse([boxes, [1, 1000]], {}, /^Cannot pick the only output: the model has "o0" .*, "o1"/);
  refuse([[1, 3, 64, 64], boxes], { output: "o1" }, /\[1,1,100,7\], it is no picture$/);
  refuse([[1, 3, 64, 64]], { output: "p" }, /^Cannot pick output "p": the model has "o0"/);
  for (const shape of [[1, 3, 64, 64], [-1, -1, -1, 3], [-1, 3, -1, -1], [-1, -1, -1, -1], []]) {
    assert.ok(await passthroughImage({}, withOutputs(shape, boxes)));
  }
});

Deno.test("passthrough_image refuses what is out of range", () => {
  assert.throws(() => passthroughImage({ channels: "gray" } as unknown as Options, context), {
    message: 'channels is "gray", allowed is "bgr" or "rgb"',
  });
});

Deno.test("passthrough_image takes a graph of which nothing is known, asks it in RGB and in a stream", async () => {
  const output = { name: "output", datatype: "UINT8", shape: [] } as const;
  const model = { name: "g", graph: true, inputs: [], outputs: [output] } as const;
  const useCase = await passthroughImage({ output: "output" }, { ...context, model });
  assert.deepEqual([useCase.input?.channels, useCase.outputs], ["rgb", ["output"]]);
  const rgb = Uint8Array.from(all.flat(), (value) => value * 255);
  // Of another size than the camera's picture, as OVMS's object detection draws.
  await useCase.postprocess({ output: tensor("UINT8", [side, side, 3], rgb) }, frameInfo());
  const picture = { width: 4, height: 2, data: new Uint8Array(32) };
  await useCase.visualize!(picture, {});
  assert.deepEqual([...picture.data.slice(0, 16)].filter((_, at) => at % 4 < 3), [
    ...[255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255],
  ]);
  // What another graph drew is not shown for it.
  await useCase.session!({ number: 2, state: "unknown" });
  picture.data.fill(7);
  await useCase.visualize!(picture, {});
  assert.ok(picture.data.every((byte) => byte === 7));
});
