import assert from "node:assert/strict";
import type { Frame, ModelMetadata, PixelFormat, UseCaseFactory } from "../src/mod.ts";
import motion, { motionGate, type Options } from "./motion.ts";
import { brightness } from "./motion/brightness.ts";
import { context, frameInfo } from "./parts/testing.ts";

const [width, height] = [160, 90];
const model: ModelMetadata = {
  name: "m",
  inputs: [{ name: "image", datatype: "UINT8", shape: [1, 90, 160, 1] }],
  outputs: [],
};

/** A grey yard with a bright square of 20 × 20 at x; none for null. 200 ms between frames. */
function scene(sequence: number, x: number | null, light = 0): Frame {
  const data = new Uint8Array(width * height);
  for (let at = 0; at < data.length; at++) {
    const [column, row] = [at % width, Math.floor(at / width)];
    const inside = x !== null && column >= x && column < x + 20 && row >= 30 && row < 50;
    // A little noise of the camera.
    data[at] = (inside ? 200 : 80 + column / 4) + light + (at * 31 + sequence * 17) % 5;
  }
  return {
    ...frameInfo(sequence, { width, height, pixelFormat: "gray", ptsMs: sequence * 200 }),
    data,
  };
}

interface MotionReport {
  moving: boolean;
  score: number;
  regions: { x: number; y: number; width: number; height: number }[];
}

async function watch(options: Options, frames: readonly Frame[]) {
  const useCase = await motion(options, context);
  const reports: MotionReport[] = [];
  const events: unknown[] = [];
  for (const frame of frames) {
    // Without a model what preprocess returns is what postprocess gets.
    const outputs = await useCase.preprocess!(frame);
    const analysis = await useCase.postprocess(outputs!, frame);
    reports.push(analysis.data as MotionReport);
    events.push(...analysis.events ?? []);
  }
  return { reports, events };
}

const times = (count: number) => Array.from({ length: count }, (_, at) => at);

Deno.test("motion sees a square that moves, where it is, and when it is gone", async () => {
  const frames = [
    ...times(5).map((at) => scene(at, null)),
    ...times(10).map((at) => scene(5 + at, 10 + at * 10)),
    ...times(15).map((at) => scene(15 + at, null)),
  ];
  const { reports, events } = await watch({ holdMs: 1000 }, frames);
  assert.deepEqual(reports.slice(0, 5).map(({ moving }) => moving), [
    false,
    false,
    false,
    false,
    false,
  ]);
  assert.equal(reports[7]?.moving, true);
  assert.deepEqual(reports[7]?.regions[0], {
    x: 0.1875,
    y: 0.33333,
    width: 0.125,
    height: 0.22222,
  });
  // 400 of 14400 cells.
  assert.equal(reports[7]?.score, 0.0278);
  assert.deepEqual(events, [
    { type: "motion_started", score: 0.0278 },
    { type: "motion_stopped", duration_ms: 1800 },
  ]);
  // Held for a second after 2800 ms, the last time it was there.
  assert.deepEqual(reports.map(({ moving }) => moving).lastIndexOf(true), 19);
});

Deno.test("motion takes no change of the light for one", async () => {
  const frames = times(20).map((at) => scene(at, null, at >= 5 ? 60 : 0));
  const { reports } = await watch({}, frames);
  assert.ok(reports.every(({ moving }) => !moving));
});

Deno.test("motion makes what stopped a part of the background, by and by", async () => {
  const frames = [scene(0, null), ...times(60).map((at) => scene(1 + at, 50))];
  const { reports } = await watch({ adaptMs: 2000, holdMs: 0 }, frames);
  assert.equal(reports[1]?.moving, true);
  assert.equal(reports[60]?.moving, false);
});

Deno.test("motion takes thresholds", async () => {
  const frames = [scene(0, null), scene(1, 50)];
  const moving = async (options: Options) => (await watch(options, frames)).reports[1]?.moving;
  assert.equal(await moving({ threshold: 0.02 }), true);
  assert.equal(await moving({ threshold: 0.03 }), false);
  assert.equal(await moving({ contrast: 150 }), false);
});

Deno.test("motion begins anew when the clock goes back", async () => {
  const { reports } = await watch({ holdMs: 0 }, [scene(9, null), scene(1, 50), scene(2, 50)]);
  assert.deepEqual(reports.map(({ moving }) => moving), [false, false, false]);
});

Deno.test("a motion gate skips frames in which nothing moves, and tells why it opened", async () => {
  const asked: number[] = [];
  const detector: UseCaseFactory = () => ({
    postprocess: (_outputs, { sequence }) => ({ data: { sequence } }),
  });
  const useCase = await motionGate(detector)({ holdMs: 400 }, {
    ...context,
    model,
    pack: ({ sequence }) => {
      asked.push(sequence);
      return {};
    },
  });
  const frames = [
    ...times(3).map((at) => scene(at, null)),
    ...times(3).map((at) => scene(3 + at, 10 + at * 10)),
    ...times(6).map((at) => scene(6 + at, null)),
  ];
  for (const frame of frames) await useCase.preprocess!(frame);
  // Moved in 3 to 5, held for two more.
  assert.deepEqual(asked, [3, 4, 5, 6, 7]);
  // The request for frame 3 failed.
  const { events, data } = await useCase.postprocess({}, frames[4]!);
  assert.deepEqual(events, [{ type: "motion_started", score: 0.0278 }]);
  assert.deepEqual(data, { sequence: 4 });
  assert.deepEqual((await useCase.postprocess({}, frames[5]!)).events, []);
});

Deno.test("motion says what it needs", async () => {
  const refuse = async (options: unknown, message: string, given = context) =>
    await assert.rejects(async () => await motion(options as Options, given), { message });
  const withModel = { ...context, model };
  await refuse({}, "motion needs no model: run it with --no_model, or with gate: true", withModel);
  await refuse({ gate: true }, "motion with gate: true is for a model, there is none");
  await refuse({ contrast: 0 }, "contrast is 0, allowed is a whole number from 1 to 255");
  await refuse({ gate: "yes" }, 'gate is "yes", allowed is true or false');
  await refuse(
    { gate: true, detector: "ssd" },
    'detector is "ssd", allowed is "person_vehicle_bike" or "yolo"',
    withModel,
  );
});

const formats: [format: PixelFormat, bytes: number[]][] = [
  // Two pixels whose green is 100 and 200.
  ["bgr24", [1, 100, 3, 4, 200, 6]],
  ["rgb24", [1, 100, 3, 4, 200, 6]],
  ["bgrp", [1, 2, 100, 200, 5, 6]],
  ["gray", [100, 200]],
];
for (const [pixelFormat, bytes] of formats) {
  Deno.test(`brightness() reads ${pixelFormat}`, () => {
    const frame = {
      ...frameInfo(0, { width: 2, height: 1, pixelFormat }),
      data: Uint8Array.from(bytes),
    };
    assert.deepEqual(
      [...brightness(frame, { width: 2, height: 1 })].map((v) => Math.round(v / 2) * 2),
      [
        100,
        200,
      ],
    );
    assert.deepEqual([...brightness(frame, { width: 1, height: 1 })], [150]);
  });
}

Deno.test("brightness() refuses JPEG", () => {
  const frame = { ...frameInfo(0, { pixelFormat: "jpeg" }), data: new Uint8Array(9) };
  assert.throws(() => brightness(frame, { width: 1, height: 1 }), {
    message: "motion cannot be seen in JPEG frames: leave out --binary_input",
  });
});
