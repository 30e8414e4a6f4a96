import assert from "node:assert/strict";
import type { Frame, PixelFormat } from "../src/frame/frame.ts";
import { frameNumber, numberedClip } from "./support/clips.ts";
import { framesOf, small, takeFrames } from "./support/with_source.ts";

const plain = { width: 480, height: 320, fps: 25, frames: 60 };

for (const bFrames of [0, 3]) {
  Deno.test(`a file gives every picture once, in order, with its time (${bFrames} B-frames)`, async () => {
    const { file } = await numberedClip({ ...plain, bFrames });
    const frames = await Array.fromAsync(framesOf({ url: file }));
    assert.deepEqual(frames.map(numberOf), Array.from({ length: 60 }, (_, i) => i));
    assert.deepEqual(
      frames.map((frame) => frame.sequence),
      Array.from({ length: 60 }, (_, i) => i),
    );
    assert.deepEqual(
      frames.map((frame) => Math.round(frame.ptsMs)),
      Array.from({ length: 60 }, (_, i) => i * 40),
    );
  });
}

Deno.test("a file is read by pipes where there is no place for sockets", async () => {
  const { file } = await numberedClip(plain);
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", "/nonexistent");
  try {
    const frames = await Array.fromAsync(framesOf({ url: file }));
    assert.deepEqual(frames.map(numberOf), Array.from({ length: 60 }, (_, i) => i));
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
  }
});

Deno.test("a file waits for a slow consumer and loses nothing", async () => {
  const { file } = await numberedClip(plain);
  const numbers: number[] = [];
  for await (const frame of framesOf({ url: file, stallTimeoutMs: 2000 })) {
    if (frame.sequence === 5) await new Promise((resolve) => setTimeout(resolve, 3000));
    numbers.push(numberOf(frame));
  }
  assert.deepEqual(numbers, Array.from({ length: 60 }, (_, i) => i));
});

Deno.test("a file with --fps comes at its own pace, at most so many frames a second", async () => {
  const { file } = await numberedClip(plain);
  const start = performance.now();
  const frames = await Array.fromAsync(framesOf({ url: file, fps: 10 }));
  const seconds = (performance.now() - start) / 1000;
  assert.ok(seconds > 2, `60 pictures at 25 fps took ${seconds} s`);
  assert.ok(frames.length >= 23 && frames.length <= 26, `${frames.length} frames in 2.4 s`);
  for (const frame of frames) assert.equal(Math.round(frame.ptsMs), numberOf(frame) * 40);
});

Deno.test("a limit at the camera's own rate costs no frame", async () => {
  const { file } = await numberedClip(plain);
  assert.equal((await Array.fromAsync(framesOf({ url: file, fps: 25 }))).length, 60);
});

Deno.test("a frame has the source's own size when none is asked for", async () => {
  const { file } = await numberedClip(plain);
  const [frame] = await takeFrames(
    { url: file, format: { pixelFormat: "gray", fit: "stretch" } },
    1,
  );
  assert.deepEqual([frame?.width, frame?.height, frame?.data.length], [480, 320, 480 * 320]);
});

Deno.test("a letterboxed frame says where the picture lies, and is grey around it", async () => {
  const { file } = await numberedClip(plain);
  const [frame] = await takeFrames({
    url: file,
    format: { ...small, height: 240, fit: "letterbox" },
  }, 1);
  assert.ok(frame);
  assert.deepEqual(frame.contentRect, { x: 0, y: 40 / 240, width: 1, height: 160 / 240 });
  assert.equal(frame.data[10], 114);
  assert.notEqual(frame.data[120 * 240 + 120], 114);
});

Deno.test("a size that changes in mid-stream changes where the picture lies, not the frame", async () => {
  const wide = await numberedClip(plain);
  const square = await numberedClip({ ...plain, width: 320 });
  const file = await Deno.makeTempFile({ suffix: ".h264" });
  for (const { elementary } of [wide, square]) {
    await Deno.writeFile(file, await Deno.readFile(elementary), { append: true });
  }
  const format = { ...small, height: 240, fit: "letterbox" } as const;
  const frames = await Array.fromAsync(framesOf({ url: file, format }));
  await Deno.remove(file);
  const numbers = Array.from({ length: 60 }, (_, i) => i);
  assert.deepEqual(frames.map(numberOf), [...numbers, ...numbers]);
  assert.deepEqual(
    frames.map(({ contentRect }) => Math.round(contentRect.height * 240)),
    [...numbers.map(() => 160), ...numbers.map(() => 240)],
  );
  assert.ok(frames.every(({ data }) => data.length === 240 * 240));
});

for (
  const [what, args, reason] of [
    ["no video", ["-f", "lavfi", "-i", "anoisesrc=d=1", "-f", "wav"], "no_video"],
    ["no media", [], "invalid_data"],
  ] as const
) {
  Deno.test(`a file with ${what}`, async () => {
    const file = await Deno.makeTempFile();
    if (args.length > 0) await new Deno.Command("ffmpeg", { args: ["-y", ...args, file] }).output();
    else await Deno.writeTextFile(file, "not a video\n".repeat(99));
    await assert.rejects(Array.fromAsync(framesOf({ url: file })), { name: "SourceError", reason });
    await Deno.remove(file);
  });
}

Deno.test("a file that is not there", async () => {
  await assert.rejects(Array.fromAsync(framesOf({ url: "/none.mp4" })), { reason: "not_found" });
});

/** Blue 16, green 128, red 240, as each format spells it. */
const colors: [PixelFormat, number[]][] = [
  ["bgr24", [16, 128, 240, 16, 128, 240]],
  ["rgb24", [240, 128, 16, 240, 128, 16]],
  ["bgrp", [16, 16, 16, 16]],
  ["rgbp", [240, 240, 240, 240]],
];

for (const [pixelFormat, expected] of colors) {
  Deno.test(`pixels are laid out as ${pixelFormat}`, async () => {
    const frame = await colored(pixelFormat);
    near([...frame.data.slice(0, expected.length)], expected, 4);
    const planes = [0, 1, 2].map((plane) => frame.data[plane * 64 * 48] ?? -1);
    if (pixelFormat === "bgrp") near(planes, [16, 128, 240], 4);
    if (pixelFormat === "rgbp") near(planes, [240, 128, 16], 4);
  });
}

Deno.test("pixels come as whole JPEG files", async () => {
  const { file } = await numberedClip(plain);
  const frames = await Array.fromAsync(
    framesOf({ url: file, format: { ...small, pixelFormat: "jpeg" } }),
  );
  assert.equal(frames.length, 60);
  for (const { data } of frames) {
    assert.deepEqual([...data.slice(0, 2), ...data.slice(-2)], [0xff, 0xd8, 0xff, 0xd9]);
  }
});

function numberOf(frame: Frame): number {
  return frameNumber(frame.data, frame.width, frame.height, 1);
}

async function colored(pixelFormat: PixelFormat): Promise<Frame> {
  const file = await Deno.makeTempFile({ suffix: ".png" });
  const args = [
    "-v",
    "error",
    "-y",
    "-f",
    "lavfi",
    "-i",
    "color=0xF08010:s=128x96",
    "-frames:v",
    "1",
    file,
  ];
  await new Deno.Command("ffmpeg", { args }).output();
  const [frame] = await takeFrames(
    { url: file, format: { ...small, width: 64, height: 48, pixelFormat } },
    1,
  );
  await Deno.remove(file);
  assert.ok(frame);
  return frame;
}

function near(actual: number[], expected: number[], tolerance: number): void {
  const close = actual.every((value, i) => Math.abs(value - (expected[i] ?? NaN)) <= tolerance);
  assert.ok(close, `${actual} is not near ${expected}`);
}
