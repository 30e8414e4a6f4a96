import assert from "node:assert/strict";
import imagescript from "imagescript";
import {
  bytesPerPixel,
  type Frame,
  type FrameFormat,
  type RawPixelFormat,
} from "../src/frame/frame.ts";
import { framesOf } from "./support/with_source.ts";

/** Red, green, blue: all different, so that no two channels can be taken for each other. */
type Color = readonly [red: number, green: number, blue: number];

/** Four colours, each a quarter of the picture. */
const quarters: readonly [x: number, y: number, color: Color][] = [
  [0, 0, [250, 130, 20]],
  [1, 0, [10, 200, 90]],
  [0, 1, [60, 30, 180]],
  [1, 1, [220, 240, 0]],
];

const width = 96;
const height = 64;
const clipFrames = 3;
/** The letterbox's grey. */
const grey = 114;

/** Where the elements of a pixel stand, and what they are for a colour. */
const layouts: Readonly<
  Record<RawPixelFormat, { planar: boolean; elements(color: Color): number[] }>
> = {
  rgb24: { planar: false, elements: ([r, g, b]) => [r, g, b] },
  bgr24: { planar: false, elements: ([r, g, b]) => [b, g, r] },
  rgbp: { planar: true, elements: ([r, g, b]) => [r, g, b] },
  bgrp: { planar: true, elements: ([r, g, b]) => [b, g, r] },
  // BT.601, as OpenCV has it.
  gray: {
    planar: true,

    elements: ([r, g, b]) => [0.299 * r + 0.587 * g + 0.114 * b],
  },
};

const rawFormats = Object.keys(layouts) as RawPixelFormat[];

for (const pixelFormat of rawFormats) {
  Deno.test(`${pixelFormat}: each element stands where it should and is what it should`, async () => {
    const frame = await lastFrame({ width, height, pixelFormat, fit: "stretch" });
    assert.equal(frame.data.length, width * height * bytesPerPixel[pixelFormat]);
    for (const [x, y, color] of quarters) {
      assertColor(frame, (x + 0.5) * width / 2, (y + 0.5) * height / 2, color);
    }
  });

  Deno.test(`${pixelFormat}, letterboxed: the picture is where \`contentRect\` says, grey is around it`, async () => {
    const frame = await lastFrame({ width, height: width, pixelFormat, fit: "letterbox" });
    assert.equal(frame.data.length, width * width * bytesPerPixel[pixelFormat]);
    assert.deepEqual(frame.contentRect, { x: 0, y: 16 / 96, width: 1, height: 64 / 96 });
    const around: Color = [grey, grey, grey];
    for (const y of [0, 8, 15, 80, 88, 95]) assertColor(frame, 40, y, around);
    for (const [x, y, color] of quarters) {
      assertColor(frame, (x + 0.5) * width / 2, 16 + (y + 0.5) * height / 2, color);
    }
  });

  Deno.test(`${pixelFormat}: an odd size, smaller than the picture's and of another shape`, async () => {
    const frame = await lastFrame({ width: 33, height: 51, pixelFormat, fit: "stretch" });
    assert.equal(frame.data.length, 33 * 51 * bytesPerPixel[pixelFormat]);
    for (const [x, y, color] of quarters) {
      assertColor(frame, (x + 0.5) * 33 / 2, (y + 0.5) * 51 / 2, color);
    }
  });
}

for (const fit of ["stretch", "letterbox"] as const) {
  Deno.test(`jpeg, ${fit}: a whole JPEG file of the size asked for, in the right colours`, async () => {
    const tall = fit === "letterbox" ? width : height;
    const frame = await lastFrame({ width, height: tall, pixelFormat: "jpeg", fit });
    const picture = await imagescript.decode(frame.data);
    assert.ok(picture instanceof imagescript.Image);
    assert.deepEqual([picture.width, picture.height], [width, tall]);
    const top = (tall - height) / 2;
    for (const [x, y, color] of quarters) {
      // Pixels are counted from 1 there.
      const at = picture.getRGBAAt((x + 0.5) * width / 2 + 1, top + (y + 0.5) * height / 2 + 1);
      assertNear([...at].slice(0, 3), color, 6);
    }
    if (top > 0) assertNear([...picture.getRGBAAt(40, 6)].slice(0, 3), [grey, grey, grey], 3);
  });
}

Deno.test("a camera's colours: limited range and BT.601 become full range RGB", async () => {
  // As cameras send it; only 4:2:0 may blur a border.
  const yuv = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-qp", "1", "-f", "mp4"];
  const format = { width, height, pixelFormat: "bgr24", fit: "stretch" } as const;
  const frame = await lastFrame(format, ".mp4", yuv);
  for (const [x, y, color] of quarters) {
    assertColor(frame, (x + 0.5) * width / 2, (y + 0.5) * height / 2, color, 5);
  }
});

Deno.test("packed colours are the very same as those of planes, pixel by pixel", async () => {
  const file = await Deno.makeTempFile({ suffix: ".mp4" });
  const scene = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=5:d=1", "-pix_fmt", "yuv420p"];
  const args = ["-v", "error", "-y", ...scene, "-c:v", "libx264", file];
  assert.ok((await new Deno.Command("ffmpeg", { args }).output()).success);
  try {
    const look = async (pixelFormat: RawPixelFormat) => {
      const format = { width: 301, height: 203, pixelFormat, fit: "letterbox" } as const;
      const [frame] = await Array.fromAsync(framesOf({ url: file, format }));
      return frame!.data;
    };
    for (const [packed, planar] of [["bgr24", "bgrp"], ["rgb24", "rgbp"]] as const) {
      const [pixels, planes] = [await look(packed), await look(planar)];
      const size = 301 * 203;
      assert.equal(pixels.length, planes.length);
      const off = pixels.findIndex((level, at) => {
        return level !== planes[at % 3 * size + Math.floor(at / 3)];
      });
      assert.equal(off, -1);
    }
  } finally {
    await Deno.remove(file);
  }
});

async function lastFrame(
  format: FrameFormat,
  suffix = ".mkv",
  encoding: readonly string[] = ["-pix_fmt", "gbrp", "-c:v", "ffv1"],
): Promise<Frame> {
  const file = await Deno.makeTempFile({ suffix });
  try {
    await drawClip(file, encoding);
    const frames = await Array.fromAsync(framesOf({ url: file, format }));
    // A byte too many in each would show in the number of frames, and most in the last.
    assert.equal(frames.length, clipFrames);
    const frame = frames.at(-1)!;
    assert.equal(frame.pixelFormat, format.pixelFormat);
    return frame;
  } finally {
    await Deno.remove(file);
  }
}

/** A few pictures of the four colours. */
async function drawClip(file: string, encoding: readonly string[]): Promise<void> {
  const pixels = new Uint8Array(width * height * 3);
  for (const [x, y, color] of quarters) {
    for (let row = y * height / 2; row < (y + 1) * height / 2; row++) {
      for (let column = x * width / 2; column < (x + 1) * width / 2; column++) {
        pixels.set(color, (row * width + column) * 3);
      }
    }
  }
  const raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`, "-i", "pipe:0"];
  const ffmpeg = new Deno.Command("ffmpeg", {
    args: ["-v", "error", "-y", ...raw, ...encoding, file],
    stdin: "piped",
    stdout: "null",
  }).spawn();
  const writer = ffmpeg.stdin.getWriter();
  for (let i = 0; i < clipFrames; i++) await writer.write(pixels);
  await writer.close();
  assert.ok((await ffmpeg.status).success);
}

function assertColor(frame: Frame, x: number, y: number, color: Color, tolerance = 0): void {
  const pixelFormat = frame.pixelFormat as RawPixelFormat;
  const { planar, elements } = layouts[pixelFormat];
  const expected = elements(color);
  const pixel = Math.floor(y) * frame.width + Math.floor(x);
  const plane = frame.width * frame.height;
  const actual = expected.map((_, channel) => {
    const at = planar ? channel * plane + pixel : pixel * expected.length + channel;
    return frame.data[at] ?? NaN;
  });
  // Bytes are exact; only a mean of three is rounded.
  const rounding = pixelFormat === "gray" ? 1 : 0;
  assertNear(actual, expected, tolerance + rounding);
}

function assertNear(actual: readonly number[], expected: readonly number[], tolerance: number) {
  const near = actual.length === expected.length &&
    actual.every((value, i) => Math.abs(value - expected[i]!) <= tolerance);
  assert.ok(near, `${actual} is not within ${tolerance} of ${expected}`);
}
