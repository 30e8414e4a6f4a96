import assert from "node:assert/strict";
import type { Frame } from "../src/frame/frame.ts";
import { SourceError } from "../src/source/source.ts";
import { frameNumber, numberedClip } from "./support/clips.ts";
import { collectLog } from "./support/log_lines.ts";
import {
  rtspReason,
  rtspServerMissing as ignore,
  startRtspServer,
} from "./support/with_rtsp_server.ts";
import { framesOf, takeFrames } from "./support/with_source.ts";
import { RecordedTap } from "./support/with_tap.ts";

/** A key frame each second. */
const plain = { width: 480, height: 320, fps: 25, frames: 100 };
const keyframes = { decode: "keyframes" } as const;

for (const bFrames of [0, 3]) {
  Deno.test(`key frames of a file, with their times (${bFrames} B-frames)`, async () => {
    const { file } = await numberedClip({ ...plain, bFrames });
    const frames = await Array.fromAsync(framesOf({ url: file, ...keyframes }));
    assert.deepEqual(frames.map(numberOf), [0, 25, 50, 75]);
    assert.deepEqual(frames.map(({ sequence }) => sequence), [0, 1, 2, 3]);
    assert.deepEqual(frames.map(({ ptsMs }) => Math.round(ptsMs)), [0, 1000, 2000, 3000]);
  });
}

Deno.test("a limit of frames a second holds for key frames too", async () => {
  const { file } = await numberedClip(plain);
  const frames = await Array.fromAsync(framesOf({ url: file, ...keyframes, fps: 0.5 }));
  assert.deepEqual(frames.map(numberOf), [0, 25, 75]);
});

Deno.test({
  name: `key frames over RTSP are young, and rarer than the stall timeout; the tap is ` +
    `whole${rtspReason}`,
  ignore,
}, async () => {
  await using server = await startRtspServer({
    clips: { a: await numberedClip({ ...plain, frames: 150, keyEvery: 75 }) },
  });
  const tap = new RecordedTap();
  const { packets } = tap;
  const url = server.url("a");
  const frames: Frame[] = [];
  const ages: number[] = [];
  for await (const frame of framesOf({ url, ...keyframes, tap, stallTimeoutMs: 2000 })) {
    ages.push(Date.now() - frame.capturedAtMs);
    if (frames.push(frame) === 3) break;
  }
  const numbers = frames.map(numberOf);
  assert.deepEqual(numbers, numbers.map((_, i) => (numbers[0]! + 75 * i) % 150));
  for (const [i, { ptsMs }] of frames.slice(1).entries()) {
    assert.ok(Math.abs(ptsMs - frames[1]!.ptsMs - 3000 * i) < 2, `${ptsMs}`);
  }
  // Held back until the next key frame, it would be three seconds old.
  assert.ok(ages.every((age) => age < 500), `${ages} ms`);
  const keys = packets.filter(({ keyframe }) => keyframe).length;
  const bytes = packets.reduce((sum, { data }) => sum + data.length, 0);
  const keyBytes = packets.reduce(
    (sum, { data, keyframe }) => keyframe ? sum + data.length : sum,
    0,
  );
  assert.ok(keys >= 2 && packets.length > 50 && keyBytes < bytes, `${keys} of ${packets.length}`);
});

Deno.test({ name: `a camera that freezes between key frames${rtspReason}`, ignore }, async () => {
  await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
  const frames: Frame[] = [];
  await assert.rejects(async () => {
    const source = { url: server.url("a"), ...keyframes, stallTimeoutMs: 2000 };
    for await (const frame of framesOf(source)) if (frames.push(frame) === 2) server.freeze();
  }, (error) => {
    assert.ok(error instanceof SourceError);
    assert.equal(error.reason, "stalled");
    // Packets were awaited, not key frames.
    assert.match(error.message, /no frame for 2000 ms$/);
    return true;
  });
});

for (
  const [hwaccel, reason, words] of [
    ["vaapi", "hardware", "this machine cannot decode with vaapi"],
    ["bogus", "hardware", "this ffmpeg knows no hardware decoding called bogus"],
  ] as const
) {
  // Whoever has a graphics card cannot see the first of them fail.
  const found = hwaccel === "vaapi" && await exists("/dev/dri");
  Deno.test({ name: `--hwaccel ${hwaccel} where there is none`, ignore: found }, async () => {
    const { file } = await numberedClip(plain);
    const error = await takeFrames({ url: file, hwaccel }, 1).then(() => null, (error) => error);
    assert.ok(error instanceof SourceError, Deno.inspect(error));
    assert.equal(error.reason, reason);
    assert.equal(error.message, `Cannot read ${file}: ${words}`);
    assert.match(error.hint, /ffmpeg -hwaccels/);
  });
}

Deno.test({
  name: `key frames between B-frames: the log says why they are late${rtspReason}`,
  ignore,
}, async () => {
  const clip = await numberedClip({ ...plain, bFrames: 3 });
  await using server = await startRtspServer({ clips: { b: clip } });
  const { records } = await logged(() => takeFrames({ url: server.url("b"), ...keyframes }, 2));
  const told = records.filter((text) => text.includes("B-frames"));
  assert.equal(told.length, 1, records.join("\n"));
  await using without = await startRtspServer({ clips: { a: await numberedClip(plain) } });
  const quiet = await logged(() => takeFrames({ url: without.url("a"), ...keyframes }, 2));
  assert.deepEqual(quiet.records, []);
});

for (const hwaccel of ["auto", "vulkan"]) {
  Deno.test(`--hwaccel ${hwaccel} says whether hardware is at work; pictures come either way`, async () => {
    const { file } = await numberedClip(plain);
    const { result: frames, records } = await logged(() => {
      return takeFrames({ url: file, hwaccel }, 3).catch((error) => error);
    });
    // A machine without any Vulkan driver, not even one in software, refuses.
    if (frames instanceof SourceError) return assert.equal(frames.reason, "hardware");
    assert.deepEqual(frames.map(numberOf), [0, 1, 2]);
    const told = records.filter((text) => /(INFO|WARNING) - ffmpeg decodes on/.test(text));
    assert.equal(told.length, 1, records.join("\n"));
    if (!await exists("/dev/dri")) {
      assert.match(
        told[0]!,
        /WARNING - ffmpeg decodes on the CPU, though --hwaccel is (auto|vulkan): /,
      );
      if (hwaccel === "auto") assert.match(told[0]!, /no device found/);
    }
  });
}

/** What `run` gives, and what is logged meanwhile, from INFO on. */
async function logged<T>(run: () => Promise<T>): Promise<{ result: T; records: string[] }> {
  using log = collectLog("test");
  const result = await run();
  return { result, records: log.lines.filter((line) => !line.includes(" - DEBUG - ")) };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function numberOf(frame: Frame): number {
  return frameNumber(frame.data, frame.width, frame.height, 1);
}
