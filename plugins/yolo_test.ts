import assert from "node:assert/strict";
import type { Tensor, Tensors, UseCaseContext } from "../src/mod.ts";
import { context, fp32, frameInfo, letterboxed, tensor } from "./parts/testing.ts";
import yolo, { type Options } from "./yolo.ts";

async function analyse(outputs: Tensors, options?: Options, more = {}) {
  const useCase = await yolo(options, context);
  return await useCase.postprocess(outputs, frameInfo(0, more));
}

/** A head in rows, with the given ones among boxes of nothing. */
function rows(count: number, values: number, given: Readonly<Record<number, number[]>>): Tensor {
  const head = fp32([1, count, values]);
  for (const [at, row] of Object.entries(given)) {
    (head.data as Float32Array).set(row, Number(at) * values);
  }
  return head;
}

/** The same numbers, in columns. */
function columns(count: number, values: number, given: Readonly<Record<number, number[]>>): Tensor {
  const head = fp32([1, values, count]);
  for (const [at, row] of Object.entries(given)) {
    row.forEach((value, index) => (head.data as Float32Array)[index * count + Number(at)] = value);
  }
  return head;
}

/** Scores of 80 classes, all 0 but one. */
function scores(labelId: number, score: number): number[] {
  return Array.from({ length: 80 }, (_, index) => index === labelId ? score : 0);
}

const person = {
  label: "person",
  labelId: 0,
  confidence: 0.75,
  box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 },
};
const car = {
  label: "car",
  labelId: 2,
  confidence: 0.5,
  box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 },
};

const heads: [name: string, outputs: Tensors][] = [
  ["v5 [1,25200,85]", {
    output0: rows(25_200, 85, {
      7: [320, 320, 320, 320, 1, ...scores(0, 0.75)],
      8: [322, 320, 320, 320, 1, ...scores(0, 0.5)], // suppressed
      9: [320, 320, 320, 320, 0.5, ...scores(2, 1)], // another class at the same place
      10: [100, 100, 50, 50, 0.5, ...scores(5, 0.25)], // 0.125: below the threshold
    }),
  }],
  ["v8 [1,84,8400]", {
    output0: columns(8400, 84, {
      7: [320, 320, 320, 320, ...scores(0, 0.75)],
      8: [322, 320, 320, 320, ...scores(0, 0.5)],
      9: [320, 320, 320, 320, ...scores(2, 0.5)],
      8399: [100, 100, 50, 50, ...scores(5, 0.125)],
    }),
  }],
  ["v10 [1,300,6]", {
    output0: rows(300, 6, {
      0: [160, 160, 480, 480, 0.75, 0],
      1: [160, 160, 480, 480, 0.5, 2],
      2: [0, 0, 10, 10, 0.125, 5],
    }),
  }],
];
Deno.test("yolo tells a v5 head of one class from one without NMS by its length", async () => {
  const box = [320, 320, 320, 320];
  const outputs = { o: rows(25_200, 6, { 5: [...box, 0.75, 1] }) };
  assert.deepEqual((await analyse(outputs, { labels: ["person"] })).detections, [person]);
});

for (const [name, outputs] of heads) {
  Deno.test(`yolo reads a head of ${name}`, async () => {
    const { detections } = await analyse(outputs);
    assert.deepEqual(detections, [person, car]);
  });
}

Deno.test("yolo undoes the letterbox", async () => {
  const outputs = { o: rows(300, 6, { 0: [160, 140, 480, 320, 0.75, 0] }) };
  const { detections } = await analyse(outputs, {}, letterboxed);
  assert.deepEqual(detections, [{
    ...person,
    box: { x: 0.25, y: 0, width: 0.5, height: 0.5 },
  }]);
});

Deno.test("yolo asks for letterboxed RGB in 0 to 1, and for a size only where the model has none", async () => {
  const input = { channels: "rgb", range: 1, fit: "letterbox" };
  const withShape = (shape: number[]): UseCaseContext => ({
    ...context,
    model: { name: "m", inputs: [{ name: "images", datatype: "FP32", shape }], outputs: [] },
  });
  assert.deepEqual((await yolo({}, withShape([1, 3, 640, 640]))).input, input);
  const dynamic = await yolo({ size: 320 }, withShape([-1, 3, -1, -1]));
  assert.deepEqual(dynamic.input, { ...input, width: 320, height: 320 });
});

Deno.test("yolo takes labels, a choice of them, thresholds and a limit", async () => {
  const head = (more: number[] = []) => ({
    o: columns(8400, 6 + more.length, {
      1: [320, 320, 320, 320, 0.75, 0, ...more],
      2: [100, 100, 64, 64, 0, 0.5, ...more],
      3: [110, 100, 64, 64, 0, 0.4, ...more],
    }),
  });
  const labels = ["cat", "dog"];
  const told = async (options: Options) =>
    (await analyse(head(), options)).detections?.map(({ label, confidence }) =>
      `${label} ${confidence.toFixed(2)}`
    );
  assert.deepEqual(await told({ labels }), ["cat 0.75", "dog 0.50"]);
  assert.deepEqual(await told({}), ["label 0 0.75", "label 1 0.50"]);
  assert.deepEqual(await told({ labels, only: ["dog"] }), ["dog 0.50"]);
  assert.deepEqual(await told({ labels, threshold: 0.6 }), ["cat 0.75"]);
  assert.deepEqual(await told({ labels, iouThreshold: 0.9 }), ["cat 0.75", "dog 0.50", "dog 0.40"]);
  assert.deepEqual(await told({ labels, limit: 1 }), ["cat 0.75"]);
});

/** Prototypes of which the first is above 0 in the left half, the others 0. */
function prototypes(side: number): Tensor {
  const values = Array.from({ length: side * side }, (_, at) => at % side < side / 2 ? 1 : -1);
  return fp32([1, 32, side, side], values);
}

const coefficients = Array.from({ length: 32 }, (_, index) => index === 0 ? 1 : 0);
const masked: [name: string, head: Tensor][] = [
  ["v5", rows(25_200, 117, { 3: [320, 320, 320, 320, 1, ...scores(0, 0.75), ...coefficients] })],
  ["v8", columns(8400, 116, { 3: [320, 320, 320, 320, ...scores(0, 0.75), ...coefficients] })],
  ["v10", rows(300, 38, { 3: [160, 160, 480, 480, 0.75, 0, ...coefficients] })],
];
for (const [name, head] of masked) {
  Deno.test(`yolo draws the outline of a mask of ${name}, cut off at its box`, async () => {
    const { detections, annotations } = await analyse({ head, proto: prototypes(160) });
    assert.deepEqual(detections, [person]);
    assert.deepEqual(annotations, [{
      kind: "polyline",
      points: [[0.25, 0.25], [0.5, 0.25], [0.5, 0.75], [0.25, 0.75]],
      closed: true,
      color: "#ff4d4d",
    }]);
    const plain = await analyse({ head, proto: prototypes(160) }, { masks: false });
    assert.equal(plain.annotations, undefined);
  });
}

Deno.test("yolo draws no outline of a mask that is empty", async () => {
  const none = coefficients.map((value) => -value);
  const head = columns(8400, 116, { 3: [160, 320, 200, 200, ...scores(0, 0.75), ...none] });
  assert.deepEqual((await analyse({ head, proto: prototypes(160) })).annotations, []);
});

Deno.test("yolo draws a pose, and tells its joints", async () => {
  // Only the left arm is seen: shoulder 5, elbow 7, wrist 9.
  const joints = Array.from({ length: 17 }, (_, joint) => [
    joint * 32,
    320,
    [5, 7, 9].includes(joint) ? 1 : 0.25,
  ]).flat();
  const box = [320, 320, 320, 320];
  for (
    const head of [
      columns(8400, 56, { 3: [...box, 0.75, ...joints] }),
      rows(300, 57, { 3: [160, 160, 480, 480, 0.75, 0, ...joints] }),
    ]
  ) {
    const { detections, annotations, data } = await analyse({ head });
    assert.deepEqual(detections, [person]);
    assert.deepEqual(annotations, [{
      kind: "polyline",
      points: [[0.45, 0.5], [0.35, 0.5], [0.25, 0.5]].map((
        [x, y],
      ) => [Math.fround(x! * 640) / 640, y]),
      color: "#ff4d4d",
    }]);
    const { poses } = data as { poses: Record<string, number[]>[] };
    assert.equal(poses.length, 1);
    assert.deepEqual(poses[0]?.["left_elbow"], [0.35, 0.5, 1]);
    assert.deepEqual(poses[0]?.["nose"], [0, 0.5, 0.25]);
  }
});

Deno.test("yolo takes 56 numbers for 52 classes when it is given 52 labels", async () => {
  const labels = Array.from({ length: 52 }, (_, index) => `class ${index}`);
  const values = labels.map((_, index) => index === 51 ? 0.75 : 0);
  const head = columns(8400, 56, { 0: [320, 320, 320, 320, ...values] });
  const { detections, annotations } = await analyse({ head }, { labels });
  assert.deepEqual(detections?.map(({ label }) => label), ["class 51"]);
  assert.equal(annotations, undefined);
});

Deno.test("yolo reads half floats, and a head that it is told", async () => {
  const outputs = {
    o: tensor("FP16", [1, 2, 6], Float16Array.of(320, 320, 320, 320, 1, 0.75, 0, 0, 0, 0, 0, 0)),
  };
  const { detections } = await analyse(outputs, { head: "v5", labels: ["person"] });
  assert.deepEqual(detections, [person]);
});

const refused: [outputs: Tensors, options: Options, message: string][] = [
  [
    {},
    {},
    "the model has no YOLO head: there should be one output of three dimensions, there is none",
  ],
  [
    { boxes: fp32([1, 1, 10, 7]) },
    {},
    'the model has no YOLO head: there should be one output of three dimensions, there is "boxes" [1,1,10,7]',
  ],
  [
    { o: fp32([1, 4, 8400]) },
    {},
    'the model has no YOLO head: there should be 4 numbers for each box (v8), there is "o" [1,4,8400]',
  ],
  [{ o: fp32([1, 84, 8400]) }, { labels: ["a"] }, "labels has 1 names, the model has 80 classes"],
  [
    { o: tensor("INT64", [1, 300, 6], new BigInt64Array(1800)) },
    {},
    "the model's output is INT64, it must be FP32 or FP16",
  ],
];
for (const [outputs, options, message] of refused) {
  Deno.test(`yolo says: ${message}`, async () => {
    await assert.rejects(analyse(outputs, options), { name: "TypeError", message });
  });
}

Deno.test("yolo refuses options that do not exist or are out of range", () => {
  assert.throws(() => yolo({ head: "v9" } as unknown as Options, context), {
    message: 'head is "v9", allowed is "auto" or "v5" or "v8" or "v10"',
  });
  assert.throws(() => yolo({ treshold: 1 } as Options, context), {
    message: /^no option is called "treshold", did you mean threshold\?$/,
  });
});

type Logged = [level: string, message: string];

/** A context with a model that tells something of itself. */
function withModel(model: Partial<UseCaseContext["model"]>, logged: Logged[] = []): UseCaseContext {
  return {
    ...context,
    model: { ...context.model, ...model },
    log: (level, message) => logged.push([level, message]),
  };
}

function output(name: string, ...shape: number[]) {
  return { outputs: [{ name, datatype: "FP32", shape }] } as const;
}

const vests = ["vest", "no vest"];

// What the metadata shows to be wrong ends the start: the factory throws.
const unreadable: [what: string, model: Partial<UseCaseContext["model"]>, message: RegExp][] = [
  [
    "oriented boxes, by the task",
    { ...output("output0", 1, 20, 8400), properties: { task: "obb" } },
    /^the model gives oriented boxes \(its task is obb\), allowed is detect, segment, pose$/,
  ],
  [
    "a classifier, by the task",
    { ...output("output0", 1, 1000), properties: { task: "classify" } },
    /^the model gives no boxes \(its task is classify\)/,
  ],
  [
    "oriented boxes, by one number too many",
    { ...output("output0", 1, 7, 8400), labels: vests },
    /^the model names 2 classes, its output "output0" \[1,7,8400\] has 3: it looks like oriented boxes/,
  ],
  [
    "oriented boxes without NMS",
    output("output0", 1, 300, 7),
    /there is "output0" \[1,300,7\]: it looks like oriented boxes/,
  ],
  [
    "a pose with 5 joints that are not told",
    { ...output("output0", 1, 20, 8400), labels: ["cow"] },
    /^the model names 1 classes, .* has 16: it looks like a pose with 5 joints$/,
  ],
  [
    "RT-DETR as ultralytics exports it",
    output("output0", 1, 300, 84),
    /there is "output0" \[1,300,84\]: it looks like RT-DETR's, whose boxes have no objectness$/,
  ],
  [
    "RT-DETR as its authors export it",
    {
      outputs: [
        { name: "labels", datatype: "INT64", shape: [-1, 300] },
        { name: "boxes", datatype: "FP32", shape: [-1, 300, 4] },
        { name: "scores", datatype: "FP32", shape: [-1, 300] },
      ],
    },
    /there is "labels" \[1,300\], "boxes" \[1,300,4\], .*: it looks like boxes and scores apart/,
  ],
  [
    "names that are too few, boxes open",
    { ...output("output0", -1, 84, -1), labels: vests },
    /^the model names 2 classes, its output "output0" \[1,84,8400\] has 80$/,
  ],
  [
    "elements that are no floats",
    { outputs: [{ name: "o", datatype: "UINT8", shape: [1, 84, 8400] }] },
    /^the model's output is UINT8, it must be FP32 or FP16$/,
  ],
];
for (const [what, model, message] of unreadable) {
  Deno.test(`yolo refuses at the start: ${what}`, () => {
    assert.throws(() => yolo({}, withModel(model)), { name: "TypeError", message });
  });
}

Deno.test("yolo starts with models that it reads, whatever they leave open", () => {
  const models: Partial<UseCaseContext["model"]>[] = [
    output("o", 1, 84, 8400),
    output("o", -1, 22, -1),
    output("o", -1, -1, -1),
    output("o", 1, 25200, 85),
    output("o", 1, 300, 6),
    { ...output("o", 1, 6, 8400), labels: vests },
    { ...output("o", 1, 300, 6), labels: vests },
    { ...output("o", 1, 20, 8400), labels: ["cow"], properties: { kpt_shape: "[5, 3]" } },
    { ...output("o", 1, 56, 8400), labels: ["person"] },
  ];
  for (const model of models) yolo({}, withModel(model));
});

/** Every box of a v8 head with the same numbers. */
function everywhere(...numbers: number[]): Tensors {
  const given = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [at, numbers]));
  return { o: columns(400, numbers.length, given) };
}

const pose5 = [100, 200, 0.9, 120, 210, 0.5, 130, 220, 0.5, 140, 230, 0.5, 150, 240, 0.5];
const misread: [what: string, outputs: Tensors, message: RegExp][] = [
  ["logits", everywhere(320, 320, 64, 64, -4.5, 2.25), /outside 0…1 \(-4.5 to 2.25\): .*logits/],
  ["an angle", everywhere(320, 320, 64, 64, 0.5, 0.1, -0.7), /\(-0.7 to 0.5\): .*oriented boxes/],
  ["joints", everywhere(320, 320, 64, 64, 0.9, ...pose5), /looks like a pose with 5 joints/],
  [
    "joints that are none",
    everywhere(320, 320, 64, 64, 0.9, ...Array.from({ length: 51 }, () => 40)),
    /joints are sure by 0 to 40, allowed is 0…1/,
  ],
  [
    "fractions",
    everywhere(0.5, 0.5, 0.25, 0.25, 0.9, 0.1),
    /no box .* 0.25 pixels: .*fractions 0…1/,
  ],
  [
    "logs",
    everywhere(0.5, 0.5, 2.25, 1.25, 0.9, 0.1),
    /no box .* 2.25 pixels: .*YOLOX' raw output/,
  ],
  ["negative sizes", everywhere(0.5, 0.5, 2.25, -0.25, 0.9, 0.1), /^.*400 of 400 .*YOLOX'/],
  [
    "sizes in place of corners",
    { o: rows(300, 6, { 0: [320, 320, 64, 64, 0.75, 0] }) },
    /1 of 1 boxes have a negative width or height: .*centres and sizes/,
  ],
  [
    "a score that is none, later",
    { o: rows(300, 6, { 0: [160, 160, 480, 480, 7.5, 0] }) },
    /outside 0…1 \(0 to 7.5\)/,
  ],
];
for (const [what, outputs, message] of misread) {
  Deno.test(`yolo says of ${what} what they look like, the same for every frame`, async () => {
    const useCase = await yolo({}, context);
    const ask = async () => await useCase.postprocess(outputs, frameInfo());
    await assert.rejects(ask, { name: "TypeError", message });
    await assert.rejects(ask, { name: "TypeError", message });
  });
}

Deno.test("yolo refuses a score above 1 whenever it comes, but for rounding", async () => {
  const useCase = await yolo({}, context);
  const ask = async (score: number) =>
    await useCase.postprocess(
      { o: rows(300, 6, { 0: [160, 160, 480, 480, score, 0] }) },
      frameInfo(),
    );
  for (let frame = 0; frame < 9; frame++) {
    assert.equal((await ask(1.01)).detections?.[0]?.confidence, 1);
  }
  await assert.rejects(() => ask(1.5), /a score is 1.5, allowed is up to 1$/);
});

Deno.test("yolo reads a pose whose joints the model tells", async () => {
  const model = { labels: ["cow"], properties: { task: "pose", kpt_shape: "[5, 3]" } };
  const useCase = await yolo({}, withModel(model));
  const outputs = { o: columns(400, 20, { 3: [320, 320, 320, 320, 0.75, ...pose5] }) };
  const { detections, data } = await useCase.postprocess(outputs, frameInfo());
  assert.deepEqual(detections, [{ ...person, label: "cow" }]);
  const { poses } = data as { poses: Record<string, number[]>[] };
  assert.deepEqual(poses[0]?.["joint 0"], [0.1563, 0.3125, 0.9]);
  assert.deepEqual(Object.keys(poses[0]!).length, 5);
});

Deno.test("yolo names classes as options, the model, or else COCO do, and says when it guesses", async () => {
  const head = { o: rows(300, 6, { 0: [160, 160, 480, 480, 0.75, 1] }) };
  const labelOf = async (options: Options, model: Partial<UseCaseContext["model"]>) => {
    const logged: Logged[] = [];
    const useCase = await yolo(options, withModel(model, logged));
    const { detections } = await useCase.postprocess(head, frameInfo());
    await useCase.postprocess(head, frameInfo(1));
    return [detections?.[0]?.label, ...logged.map(([level]) => level)];
  };
  assert.deepEqual(await labelOf({}, { labels: vests }), ["no vest"]);
  assert.deepEqual(await labelOf({ labels: ["a", "b"] }, { labels: vests }), ["b"]);
  assert.deepEqual(await labelOf({}, {}), ["bicycle", "warning"]);
});

Deno.test("yolo says once that a model answers the same whatever it is shown", async () => {
  const told = async (differs: (frame: number) => boolean) => {
    const logged: Logged[] = [];
    const useCase = await yolo({ labels: vests }, withModel({}, logged));
    for (let frame = 0; frame < 60; frame++) {
      const place = differs(frame) ? 161 : 160;
      const outputs = { o: rows(300, 6, { 0: [place, 160, 480, 480, 0.75, 0] }) };
      await useCase.postprocess(outputs, frameInfo(frame));
    }
    return logged.map(([, message]) => message);
  };
  assert.deepEqual(await told(() => false), [
    "The model gave the same answer to the first 20 frames, to the last digit: it does not look at " +
    "the picture, or the picture stands still",
  ]);
  assert.deepEqual(await told((frame) => frame === 7), []);
});
