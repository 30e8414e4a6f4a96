import assert from "node:assert/strict";
import type { Frame, PixelFormat } from "../../frame/frame.ts";
import { noModelName, type TensorSpec } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import type { InputRequest } from "../use_case.ts";
import { planInput } from "./input_plan.ts";
import { frameOf } from "../../../tests/support/samples.ts";

function model(...inputs: TensorSpec[]) {
  return { name: "m", inputs, outputs: [] };
}

function frame(width: number, height: number, pixelFormat: PixelFormat, data: Uint8Array): Frame {
  return frameOf({ width, height, pixelFormat, data: new Uint8Array(data) });
}

const image = (shape: number[], datatype: TensorSpec["datatype"] = "UINT8"): TensorSpec => ({
  name: "image",
  datatype,
  shape,
});

Deno.test("planInput() asks ffmpeg for the layout, size and element type the model takes", () => {
  const cases: [TensorSpec, InputRequest, object][] = [
    [image([1, 300, 400, 3]), {}, { width: 400, height: 300, pixelFormat: "bgr24" }],
    [image([1, 3, 300, 400]), {}, { width: 400, height: 300, pixelFormat: "bgrp" }],
    [image([3, 300, 400]), { channels: "rgb" }, { width: 400, height: 300, pixelFormat: "rgbp" }],
    [image([1, 3, 8, 8], "FP32"), {}, { width: 8, height: 8, pixelFormat: "bgrp" }],
    [image([1, 3, 8, 8], "FP32"), { range: 1 }, { width: 8, height: 8, pixelFormat: "bgrp" }],
    [image([1, 8, 8, 3], "FP32"), { range: 1 }, { width: 8, height: 8, pixelFormat: "bgr24" }],
    [image([1, 1, 8, 8], "FP32"), { range: 1 }, { width: 8, height: 8, pixelFormat: "gray" }],
    [image([-1, -1, -1, 3]), {}, { pixelFormat: "bgr24" }],
    [
      image([1, -1, -1, 3]),
      { width: 64, height: 32 },
      { width: 64, height: 32, pixelFormat: "bgr24" },
    ],
    [image([-1, -1, -1, -1]), { layout: "NHWC" }, { pixelFormat: "bgr24" }],
    [image([-1, -1, -1, -1]), {}, { pixelFormat: "bgrp" }],
    // Either layout would do.
    [image([1, 3, 8, 3]), {}, { width: 3, height: 8, pixelFormat: "bgrp" }],
  ];
  for (const [spec, request, format] of cases) {
    assert.deepEqual(planInput(request, model(spec), false).format, { ...format, fit: "stretch" });
  }
});

Deno.test("planInput() passes uint8 pixels through without a copy", () => {
  const plan = planInput({}, model(image([1, 2, 2, 3])), false);
  const given = frame(2, 2, "bgr24", new Uint8Array(12).fill(7));
  const packed = plan.pack(given)["image"]!;
  assert.equal(packed.data, given.data);
  assert.deepEqual([packed.datatype, packed.shape], ["UINT8", [1, 2, 2, 3]]);
});

Deno.test("planInput() turns bytes into floats of the wanted range", () => {
  const bytes = Uint8Array.of(0, 51, 255);
  const of = (request: InputRequest, spec: TensorSpec) =>
    planInput(request, model(spec), false).pack(frame(1, 1, "bgrp", bytes))["image"]!;
  assert.deepEqual(of({}, image([1, 3, 1, 1], "FP32")).data, Float32Array.of(0, 51, 255));
  assert.deepEqual(
    of({ range: 1 }, image([1, 1, 1, 3], "FP32")).data,
    Float32Array.of(0, Math.fround(0.2), 1),
  );
  assert.deepEqual(of({}, image([1, 3, 1, 1], "FP16")).data, Float16Array.of(0, 51, 255));
  assert.deepEqual(
    of({ range: 1 }, image([1, 3, 1, 1], "FP16")).data,
    Float16Array.of(0, Math.f16round(0.2), 1),
  );
});

Deno.test("planInput() packs floats into memory that was given back", () => {
  for (const datatype of ["FP32", "FP16"] as const) {
    const plan = planInput({}, model(image([1, 3, 1, 1], datatype)), false);
    const pack = (...bytes: number[]) => plan.pack(frame(1, 1, "bgrp", Uint8Array.from(bytes)));
    const first = pack(1, 2, 3);
    const bufferOf = (tensors: Tensors) => (tensors["image"]!.data as Float32Array).buffer;
    const second = pack(4, 5, 6);
    assert.notEqual(bufferOf(second), bufferOf(first));
    assert.deepEqual([...first["image"]!.data as Float32Array], [1, 2, 3]);
    plan.release!(first);
    const third = pack(7, 8, 9);
    assert.equal(bufferOf(third), bufferOf(first));
    assert.deepEqual([...third["image"]!.data as Float32Array], [7, 8, 9]);
    assert.deepEqual([...second["image"]!.data as Float32Array], [4, 5, 6]);
  }
});

Deno.test("planInput() refuses pictures that no camera has", () => {
  const huge = model(image([1, 3, 60_000, 60_000]));
  assert.throws(() => planInput({}, huge, false), {
    message: 'Cannot feed input "image": pictures of 60000×60000 pixels are too large, ' +
      "allowed are 67108864 pixels",
  });
  const request = { width: 16_384, height: 16_384 };
  assert.throws(() => planInput(request, model(image([1, 3, -1, -1])), false), /too large/);
});

Deno.test("planInput() sends a graph pictures of its own form, which says nothing of them itself", () => {
  const spec: TensorSpec = { name: "input", datatype: "UINT8", shape: [] };
  const graph = { ...model(spec), graph: true as const };
  const shapeOf = (request: InputRequest) => {
    const plan = planInput(request, graph, false);
    const { pixelFormat, ...more } = plan.format;
    assert.deepEqual(more, { fit: "stretch" });
    const { datatype, shape } = plan.pack(frame(4, 2, pixelFormat, new Uint8Array(24)))["input"]!;
    return [pixelFormat, datatype, shape];
  };
  assert.deepEqual(shapeOf({}), ["rgb24", "UINT8", [2, 4, 3]]);
  assert.deepEqual(shapeOf({ channels: "bgr" }), ["bgr24", "UINT8", [2, 4, 3]]);
  assert.deepEqual(shapeOf({ layout: "NHWC" }), ["rgb24", "UINT8", [1, 2, 4, 3]]);
  assert.deepEqual(shapeOf({ layout: "NCHW" }), ["rgbp", "UINT8", [1, 3, 2, 4]]);
  const jpeg = planInput({}, graph, true).pack(frame(4, 2, "jpeg", Uint8Array.of(0xff)));
  assert.deepEqual([jpeg["input"]!.datatype, jpeg["input"]!.shape], ["BYTES", [1]]);
  assert.throws(() => planInput({}, { ...graph, inputs: [spec, { ...spec, name: "b" }] }, false), {
    message: /several inputs take a picture \("input", "b"\)/,
  });
});

Deno.test("planInput() takes no memory back that is the frame's own", () => {
  assert.equal(planInput({}, model(image([1, 2, 2, 3])), false).release, undefined);
});

Deno.test("planInput() sends one JPEG when asked to, at the model's size", () => {
  const plan = planInput({}, model(image([1, 3, 300, 400], "FP32")), true);
  assert.deepEqual(plan.format, { width: 400, height: 300, pixelFormat: "jpeg", fit: "stretch" });
  const given = frame(400, 300, "jpeg", Uint8Array.of(0xff, 0xd8));
  assert.deepEqual(plan.pack(given), {
    image: { datatype: "BYTES", shape: [1], data: [given.data] },
  });
  const small = planInput({}, model(image([3, 8, 16])), true).format;
  assert.deepEqual([small.width, small.height], [16, 8]);
  const bytes = planInput({}, model({ name: "image", datatype: "BYTES", shape: [-1] }), false);
  assert.deepEqual(bytes.format, { pixelFormat: "jpeg", fit: "stretch" });
});

Deno.test("planInput() says what it cannot feed", () => {
  const cases: [TensorSpec[], InputRequest, string][] = [
    [
      [],
      {},
      `Cannot feed model "m": its server names no inputs of it, and the use case has no preprocess() ` +
      "that makes its own tensors",
    ],
    [
      [image([1, 80])],
      {},
      `Cannot feed model "m": none of its inputs ("image") takes a picture`,
    ],
    [
      [image([1, 3, 8, 8]), { name: "mask", datatype: "UINT8", shape: [1, 1, 8, 8] }],
      {},
      `Cannot feed model "m": several inputs take a picture ("image", "mask"), ` +
      `name one in the use case's input.name`,
    ],
    [
      [image([1, 3, 8, 8])],
      { name: "picture" },
      `Cannot feed input "picture" of model "m": it has "image"`,
    ],
    [
      [image([4, 3, 8, 8])],
      {},
      `Cannot feed input "image": its shape [4,3,8,8] has a batch of 4, allowed is 1 or -1`,
    ],
    [
      [image([1, 4, 8, 8])],
      {},
      `Cannot feed input "image": its shape [1,4,8,8] has 4 channels, the use case sends 3 (bgr)`,
    ],
    [
      [image([1, 3, 8, 8])],
      { channels: "gray" },
      `Cannot feed input "image": its shape [1,3,8,8] has 3 channels, the use case sends 1 (gray)`,
    ],
    [
      [image([1, 3, 8, 8])],
      { width: 16 },
      `Cannot feed input "image": the use case sends width 16, the model takes 8`,
    ],
    [
      [image([1, 3, 8, 8], "INT64")],
      {},
      `Cannot feed input "image" of model "m": it takes INT64, pictures can be packed as ` +
      `UINT8, FP32, FP16; give the use case a preprocess()`,
    ],
  ];
  for (const [inputs, request, message] of cases) {
    assert.throws(() => planInput(request, model(...inputs), false), {
      name: "UseCaseError",
      message,
    });
  }
});

Deno.test("planInput() takes pictures of up to 8192 by 8192 pixels", () => {
  const plan = planInput({}, model(image([1, 3, 8192, 8192])), false);
  assert.equal(plan.format.width, 8192);
  assert.throws(() => planInput({}, model(image([1, 3, 8192, 8193])), false), /too large/);
  // One side is known, the other is the camera's.
  assert.equal(
    planInput({ width: 100_000 }, model(image([1, 3, -1, -1])), false).format.width,
    100_000,
  );
});

Deno.test("planInput() shapes tensors as the model has them, with a batch or without", () => {
  const shapeOf = (
    spec: TensorSpec,
    request: InputRequest = {},
    pixelFormat: PixelFormat = "bgr24",
  ) =>
    planInput(request, model(spec), false)
      .pack(frame(2, 1, pixelFormat, new Uint8Array(6)))["image"]!.shape;
  assert.deepEqual(shapeOf(image([1, -1, -1, 3])), [1, 1, 2, 3]);
  assert.deepEqual(shapeOf(image([1, 2, 3]), { layout: "NHWC" }), [1, 2, 3]);
  assert.deepEqual(shapeOf(image([3, 1, 2]), {}, "bgrp"), [3, 1, 2]);
  assert.deepEqual(shapeOf(image([-1, 3, 1, 2]), {}, "bgrp"), [1, 3, 1, 2]);
  assert.deepEqual(shapeOf(image([1, 1, 1, 2]), {}, "gray"), [1, 1, 1, 2]);
  assert.deepEqual(shapeOf(image([1, 5, 2, 1]), {}, "gray"), [1, 1, 2, 1]);
});

Deno.test("planInput() finds the picture among a model's inputs by its shape, or by its name", () => {
  const more = (...specs: TensorSpec[]) => planInput({}, model(...specs), false).format.pixelFormat;
  const sizes: TensorSpec = { name: "sizes", datatype: "FP32", shape: [1, 2] };
  assert.equal(more(sizes, image([1, 3, 8, 8])), "bgrp");
  assert.equal(more({ name: "jpeg", datatype: "BYTES", shape: [] }, sizes), "jpeg");
  // Neither numbers without a picture's shape take one, nor a table of texts.
  const scale: TensorSpec = { name: "scale", datatype: "FP32", shape: [2] };
  const texts: TensorSpec = { name: "texts", datatype: "BYTES", shape: [1, 2] };
  assert.equal(more(scale, texts, image([1, 3, 8, 8])), "bgrp");
  const named = { name: "sizes", layout: "NCHW" } as const;
  assert.throws(() => planInput(named, model(sizes, image([1, 3, 8, 8])), false), {
    message: 'Cannot feed input "sizes": its shape [1,2] is no picture\'s (3 or 4 dimensions)',
  });
  const named5 = image([1, 8, 3, 8, 8]);
  assert.throws(() => planInput({ name: "image" }, model(named5), false), {
    message: /its shape \[1,8,3,8,8\] is no picture's/,
  });
  const five = { name: "video", datatype: "FP32", shape: [1, 8, 3, 8, 8] } as const;
  assert.throws(() => more(five), /none of its inputs \("video"\) takes a picture/);
  assert.throws(() => planInput({}, { name: "", inputs: [], outputs: [] }, false), {
    message: /give --model_path or --ovms_url$|its server names no inputs of it/,
  });
  const fit = planInput({ fit: "letterbox" }, model(image([1, 3, 8, 8])), true).format;
  assert.deepEqual(fit, { width: 8, height: 8, pixelFormat: "jpeg", fit: "letterbox" });
});

Deno.test("planInput() takes back nothing where there is nothing to take back", () => {
  const plan = planInput({}, model(image([1, 3, 1, 1], "FP32")), false);
  plan.release!({});
  plan.release!({ image: { datatype: "BYTES", shape: [1], data: [new Uint8Array(1)] } });
  const shared = new Float32Array(new SharedArrayBuffer(12)) as Float32Array;
  plan.release!({ image: { datatype: "FP32", shape: [1, 3, 1, 1], data: shared } } as Tensors);
  const packed = plan.pack(frame(1, 1, "bgrp", Uint8Array.of(1, 2, 3)))["image"]!;
  assert.notEqual((packed.data as Float32Array).buffer, shared.buffer);
});

Deno.test("planInput() says that there is no model, where there is none", () => {
  const missing = "the use case has no preprocess() that makes its own tensors";
  assert.throws(() => planInput({}, { name: noModelName, inputs: [], outputs: [] }, false), {
    message: `Cannot work without a model: ${missing}; give --model_path or --ovms_url`,
  });
});

Deno.test("planInput() takes a size that is just the model's", () => {
  const { format } = planInput({ width: 8, height: 4 }, model(image([1, 3, 4, 8])), false);
  assert.deepEqual([format.width, format.height], [8, 4]);
});
