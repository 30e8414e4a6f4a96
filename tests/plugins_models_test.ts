/** Plugins through the real program, with models small enough to be written by the test. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Image } from "imagescript";
import { encodeOnnx, type OnnxModel } from "./support/onnx_model.ts";
import { poll } from "./support/poll.ts";
import { runSystem } from "./support/system_run.ts";
import { withModelFile } from "./support/with_model_file.ts";
import { withRenderedClip } from "./support/with_rendered_clip.ts";

/** Red on the left half, blue on the right. */
const halves = "color=c=red:s=320x160:r=25,drawbox=x=160:y=0:w=160:h=160:c=blue:t=fill";
/** Full of detail. */
const detailed = "testsrc2=s=320x160:r=25";
const side = 64;
const picture = ["FP32", [1, 3, side, side]] as const;

/** Its scores are the picture's own channels: class 0 is red, 1 green, 2 blue. */
const identity: OnnxModel = {
  inputs: { picture },
  outputs: { scores: picture },
  nodes: [{ op: "Identity", inputs: ["picture"], outputs: ["scores"] }],
};

/** The mean of each channel. */
const means: OnnxModel = {
  inputs: { picture },
  outputs: { scores: ["FP32", [1, 3, 1, 1]] },
  nodes: [{ op: "GlobalAveragePool", inputs: ["picture"], outputs: ["scores"] }],
};

/** A head without NMS that always finds a person: on the left half of a picture twice as wide as high. */
const yolo: OnnxModel = {
  inputs: { picture },
  outputs: { output0: ["FP32", [1, 300, 6]] },
  constants: {
    numbers: [0, side / 4, side / 2, 3 * side / 4, 1, 0, ...new Array<number>(299 * 6).fill(0)],
    shape: [1, 300, 6],
  },
  nodes: [
    { op: "Cast", inputs: ["numbers"], outputs: ["floats"], attributes: { to: 1 } },
    { op: "Reshape", inputs: ["floats", "shape"], outputs: ["output0"] },
  ],
};

interface Setup {
  readonly graph: string;
  readonly model: OnnxModel;
  readonly plugin: string;
  readonly options?: unknown;
}

/** The last record of a short clip. */
async function lastRecord({ graph, model, plugin, options = {} }: Setup) {
  await using clip = await withRenderedClip(graph, 0.4);
  await using file = await withModelFile(plugin, encodeOnnx(model));
  await using run = await runSystem(flags(clip.file, file.path, plugin, options));
  const { code, stderr, records } = await run.result();
  assert.equal(code, 0, stderr);
  assert.equal(records.length, 10, stderr);
  return records.at(-1)!;
}

function flags(clip: string, model: string, plugin: string, options: unknown): string[] {
  const file = fileURLToPath(new URL(`../plugins/${plugin}.ts`, import.meta.url));
  return [
    ...["--stream_url", clip, "--model_path", model, "--use_case", file],
    ...["--use_case_options", JSON.stringify(options)],
  ];
}

Deno.test("segmentation tells the shares of what a model sees", async () => {
  const options = { labels: ["red", "green", "blue"], background: -1 };
  const { data } = await lastRecord({
    graph: halves,
    model: identity,
    plugin: "segmentation",
    options,
  });
  assert.deepEqual(Object.keys(Object(data).shares).toSorted(), ["blue", "red"]);
  assert.ok(Math.abs(Object(data).shares.red - 0.5) < 0.05, JSON.stringify(data));
});

Deno.test("segmentation looks at the picture alone where it is letterboxed", async () => {
  const options = { labels: ["red", "green", "blue"], background: -1, fit: "letterbox" };
  const { data } = await lastRecord({
    graph: halves,
    model: identity,
    plugin: "segmentation",
    options,
  });
  // The grey bars would have been of the first class: its share would be three quarters.
  assert.ok(Math.abs(Object(data).shares.red - 0.5) < 0.05, JSON.stringify(data));
});

Deno.test("classification names the class with the largest score", async () => {
  const blue = "color=c=blue:s=320x160:r=25";
  for (const channels of ["rgb", "bgr"]) {
    const options = { labels: ["red", "green", "blue"], k: 1, channels };
    const { classifications } = await lastRecord({
      graph: blue,
      model: means,
      plugin: "classification",
      options,
    });
    assert.deepEqual(classifications?.map(({ label, confidence }) => [label, confidence]), [
      [channels === "rgb" ? "blue" : "red", 1],
    ]);
  }
});

Deno.test("yolo undoes the letterbox that it asked for", async () => {
  const { detections } = await lastRecord({ graph: halves, model: yolo, plugin: "yolo" });
  assert.deepEqual(detections, [{
    label: "person",
    label_id: 0,
    confidence: 1,
    box: { x: 0, y: 0, width: 0.5, height: 1 },
  }]);
});

/** A v8 head whose numbers are not asked for. */
const v8: OnnxModel = {
  inputs: { picture },
  outputs: { output0: ["FP32", [1, 7, 8400]] },
  constants: { shape: [1, 7, 8400] },
  nodes: [
    { op: "ConstantOfShape", inputs: ["shape"], outputs: ["output0"] },
  ],
};

const unreadable: [name: string, model: OnnxModel, plugin: string, stderr: RegExp][] = [
  [
    "oriented boxes",
    { ...v8, properties: { names: "{0: 'ship', 1: 'plane'}" } },
    "yolo",
    /Cannot make use case yolo: the model names 2 classes, .* has 3: it looks like oriented boxes/,
  ],
  [
    "rows of boxes",
    v8,
    "passthrough_image",
    /: the model's output is FP32 \[1,7,8400\], it is no picture$/m,
  ],
  [
    "a head of another detector",
    v8,
    "person_vehicle_bike",
    /: the model has no FP32 output of shape \[1,1,N,7\], it has "output0" FP32 \[1,7,8400\]/,
  ],
];
for (const [name, model, plugin, expected] of unreadable) {
  Deno.test(`${plugin} ends the start with exit code 2 for ${name}`, async () => {
    await using clip = await withRenderedClip(halves, 0.4);
    await using file = await withModelFile("model", encodeOnnx(model));
    await using run = await runSystem(flags(clip.file, file.path, plugin, {}));
    const { code, stderr, records } = await run.result();
    assert.match(stderr, expected);
    assert.deepEqual([code, records.length], [2, 0]);
  });
}

Deno.test("a default that does not fit the model says that it was not asked for", async () => {
  await using clip = await withRenderedClip(halves, 0.4);
  await using file = await withModelFile("model", encodeOnnx(v8));
  const inputs = ["--stream_url", clip.file, "--model_path", file.path];
  await using run = await runSystem(inputs);
  const { code, stderr } = await run.result();
  const words = "--use_case: not given, and the default cannot be used: ";
  assert.ok(stderr.includes(`${words}Cannot make use case person_vehicle_bike: `), stderr);
  assert.equal(code, 2);
});

Deno.test("an option that is wrong is told of --use_case_options, with no place in Sightline's own code", async () => {
  await using clip = await withRenderedClip(halves, 0.4);
  await using file = await withModelFile("model", encodeOnnx(v8));
  const inputs = ["--stream_url", clip.file, "--model_path", file.path];
  for (
    const [options, words] of [
      ['{"treshold":1}', 'no option is called "treshold", did you mean threshold?'],
      ['{"threshold":7}', "threshold is 7, allowed is 0 to 1"],
    ] as const
  ) {
    await using run = await runSystem([...inputs, "--use_case_options", options]);
    const { code, stderr } = await run.result();
    const line = `--use_case_options: Cannot make use case person_vehicle_bike: ${words}\n`;
    assert.ok(stderr.endsWith(line), stderr);
    assert.equal(code, 2);
  }
});

Deno.test("a detector's classes are called what its own metadata says", async () => {
  const model = { ...yolo, properties: { names: "{0: 'seal', 1: 'gull'}" } };
  const { detections } = await lastRecord({ graph: halves, model, plugin: "yolo" });
  assert.deepEqual(detections.map(({ label }) => label), ["seal"]);
});

/** What a viewer sees once results have come. */
async function liveView(setup: Setup, see: (image: Image) => void): Promise<void> {
  await using clip = await withRenderedClip(setup.graph, 60);
  await using file = await withModelFile(setup.plugin, encodeOnnx(setup.model));
  await using run = await runSystem([
    ...flags(clip.file, file.path, setup.plugin, setup.options ?? {}),
    // A file with a rate is played at its own pace, as a camera's stream would be.
    ...["--fps", "25"],
  ]);
  await run.more(5);
  const url = `http://127.0.0.1:${run.port}/streams/default/snapshot.jpg`;
  let problem: unknown;
  const isSeen = async () => {
    const answer = await fetch(url);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    try {
      assert.equal(answer.status, 200);
      see(await Image.decode(bytes) as Image);
      return true;
    } catch (error) {
      problem = error;
      return false;
    }
  };
  await poll("what is expected is seen", isSeen, 30_000).catch((error) => {
    throw new Error(error.message, { cause: problem });
  });
}

/** Red, green and blue at a place in fractions of the picture. */
function colorAt(image: Image, x: number, y: number): number[] {
  const [red, green, blue] = Image.colorToRGBA(
    image.getPixelAt(Math.round(x * image.width) + 1, Math.round(y * image.height) + 1),
  );
  return [red!, green!, blue!];
}

function isLike(actual: readonly number[], expected: readonly number[]): void {
  const far = actual.some((value, at) => Math.abs(value - expected[at]!) > 45);
  assert.ok(!far, `${actual} is not like ${expected}`);
}

Deno.test("face_blur leaves nothing of what it hides in the live view", async () => {
  const options = { detector: "yolo", style: "fill", margin: 0 };
  await liveView({ graph: detailed, model: yolo, plugin: "face_blur", options }, (image) => {
    const places = Array.from({ length: 40 }, (_, at) => 0.05 + at % 8 / 20);
    places.forEach((x, at) => isLike(colorAt(image, x, 0.2 + (at >> 3) * 0.15), [114, 114, 114]));
    const beside = places.map((x, at) => colorAt(image, 0.55 + x, 0.2 + (at >> 3) * 0.15).join());
    assert.ok(new Set(beside).size > 10, "the other half is as it was");
  });
});

Deno.test("passthrough_image shows the model's picture in place of the camera's", async () => {
  // The model exchanges red and blue, so that its picture is not the camera's.
  const options = { channels: "rgb" };
  const swap: OnnxModel = {
    ...identity,
    constants: { order: [2, 1, 0] },
    nodes: [{
      op: "Gather",
      inputs: ["picture", "order"],
      outputs: ["scores"],
      attributes: { axis: 1 },
    }],
  };
  await liveView({ graph: halves, model: swap, plugin: "passthrough_image", options }, (image) => {
    isLike(colorAt(image, 0.25, 0.5), [0, 0, 254]);
    isLike(colorAt(image, 0.75, 0.5), [254, 0, 0]);
  });
});
