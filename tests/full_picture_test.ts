/** Parts of full-size pictures, cut out of the files that ffmpeg writes beside the frames. */

import assert from "node:assert/strict";
import type { FrameFormat, Region } from "../src/frame/frame.ts";
import type { SourceFrame } from "../src/source/source.ts";
import { framesOf as sourceFrames, small } from "./support/with_source.ts";

const size = { width: 640, height: 360 };
const region: Region = { x: 0.25, y: 0.5, width: 0.2, height: 0.3 };

async function withClip(use: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/clip.mp4`;
  const source = `testsrc2=s=${size.width}x${size.height}:r=25`;
  await ffmpeg("-f", "lavfi", "-i", source, "-frames:v", "40", "-pix_fmt", "yuv420p", file);
  try {
    await use(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function framesOf(url: string, config = {}): AsyncGenerator<SourceFrame> {
  return sourceFrames({ url, format: small, full: true, ...config });
}

const part: Region = { x: 0.125, y: 0.25, width: 0.5, height: 0.75 };

for (
  const [pixelFormat, config, where] of [
    ["rgb24", {}, ""],
    ["bgr24", {}, ""],
    ["rgbp", {}, ""],
    ["bgrp", {}, ""],
    ["gray", {}, ""],
    ["rgb24", { region: part }, ", of a camera of which a region is looked at"],
  ] as const
) {
  Deno.test(`FullPicture.crop() gives what ffmpeg cuts out, as ${pixelFormat}${where}`, () =>
    withClip(async (file) => {
      const format: FrameFormat = { width: 64, height: 48, pixelFormat, fit: "stretch" };
      let compared = 0;
      for await (const frame of framesOf(file, config)) {
        if (frame.sequence % 13 !== 12) continue;
        compared++;
        const crop = await frame.full!.crop(region, format);
        const { x, y, width, height } = region;
        const cut = [width * 640, height * 360, x * 640, y * 360].join(":");
        const expected = await ffmpeg(
          ...["-i", file, "-frames:v", "1", "-f", "rawvideo"],
          "-vf",
          `select=eq(n\\,${frame.sequence}),crop=${cut},scale=64:48:flags=bilinear+accurate_rnd+full_chroma_int,` +
            `format=${pixelFormat === "gray" ? "gray" : "rgb24"}`,
          "pipe:1",
        );
        const got = interleave(crop!.data, pixelFormat);
        assert.equal(got.length, expected.length);
        const off = got.reduce((sum, value, i) => sum + Math.abs(value - expected[i]!), 0);
        assert.ok(off / got.length < 4, `${off / got.length} levels off at ${frame.sequence}`);
      }
      assert.equal(compared, 3);
    }));
}

Deno.test("FullPicture.crop() tells where the camera's picture lies, letterboxed and in a region", () =>
  withClip(async (file) => {
    const format: FrameFormat = { width: 64, height: 64, pixelFormat: "rgb24", fit: "letterbox" };
    let looked = 0;
    for (const config of [{}, { region: { ...part, x: 0.25 } }]) {
      for await (const frame of framesOf(file, config)) {
        const crop = await frame.full!.crop(region, format);
        // 128×108 pixels become 64×54, with 5 rows of grey above and below.
        assert.deepEqual([...crop!.data.subarray(0, 3)], [114, 114, 114]);
        const { x, y, width, height } = crop!.contentRect;
        const corner = { x: region.x * width + x, y: region.y * height + y };
        assert.ok(Math.abs(corner.x) < 0.02 && Math.abs(corner.y - 5 / 64) < 0.02);
        assert.ok(Math.abs(region.width * width - 1) < 0.02);
        assert.ok(Math.abs(region.height * height - 54 / 64) < 0.02);
        looked++;
        break;
      }
    }
    assert.equal(looked, 2);
  }));

Deno.test("full pictures go when they are done with, and leave no folder behind", () =>
  withClip(async (file) => {
    const before = folders();
    const format: FrameFormat = { width: 8, height: 8, pixelFormat: "gray", fit: "stretch" };
    let last = -1;
    for await (const { full, sequence } of framesOf(file)) {
      last = sequence;
      assert.equal(folders().length, before.length + 1);
      assert.notEqual(await full!.crop(region, format), null);
      full!.release();
      if (sequence < 20) continue;
      assert.equal(await full!.crop(region, format), null);
      break;
    }
    assert.equal(last, 20);
    assert.deepEqual(folders(), before);
  }));

Deno.test("of a camera's full pictures the oldest go, wanted or not", () =>
  withClip(async (file) => {
    const format: FrameFormat = { width: 8, height: 8, pixelFormat: "gray", fit: "stretch" };
    let first: SourceFrame | undefined;
    let last = -1;
    for await (const frame of framesOf(file, { fps: 25 })) {
      first ??= frame;
      last = frame.sequence;
      if (last === 39) assert.equal(await first.full!.crop(region, format), null);
    }
    assert.equal(last, 39);
  }));

function folders(): string[] {
  const isOurs = (name: string) => name.startsWith("sightline-");
  return [...Deno.readDirSync("/dev/shm")].map(({ name }) => name).filter(isOurs).sort();
}

function interleave(data: Uint8Array, pixelFormat: string): Uint8Array {
  if (pixelFormat === "gray" || pixelFormat === "rgb24") return data;
  const size = data.length / 3;
  return data.map((_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const plane = pixelFormat.startsWith("b") ? 2 - channel : channel;
    return pixelFormat.endsWith("p") ? data[plane * size + pixel]! : data[pixel * 3 + plane]!;
  });
}

async function ffmpeg(...args: string[]): Promise<Uint8Array> {
  const command = new Deno.Command("ffmpeg", {
    args: ["-v", "error", "-nostdin", ...args],
    stdout: "piped",
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  assert.ok(success, `ffmpeg ${args.join(" ")}`);
  return stdout;
}
