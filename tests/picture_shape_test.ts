/** One picture everywhere: turned, mirrored and anamorphic clips look alike to whoever looks. */

import assert from "node:assert/strict";
import { Image } from "imagescript";
import { type Display, joinTaps, type PacketTap } from "../src/frame/camera_packet.ts";
import type { FrameFormat, Region } from "../src/frame/frame.ts";
import { inMemory } from "../src/media/clip_group.ts";
import { makeClip } from "../src/media/make_clip.ts";
import { makeSnapshots } from "../src/media/make_snapshot.ts";
import { PacketRing } from "../src/media/packet_ring.ts";
import { ProcessGuard } from "../src/process_guard.ts";
import { withView } from "./support/with_view.ts";
import { framesOf } from "./support/with_source.ts";

/** Quarters of the stored picture: upper left and right, lower left and right. */
const colors = {
  red: [230, 30, 30],
  green: [30, 200, 30],
  blue: [30, 30, 220],
  gray: [128, 128, 128],
};
const stored = "red green / blue gray";

/** The matrix of an MP4 track, 16.16 and 2.30 fixed point: a and d stand on its diagonal. */
type Matrix = readonly [a: number, b: number, c: number, d: number];

interface Clip {
  /** What a person sees: its quarters, and width over height. */
  readonly seen: string;
  readonly ratio: number;
  readonly size?: string;
  readonly matrix?: Matrix;
  /** More for ffmpeg. */
  readonly encoding?: readonly string[];
  readonly suffix?: string;
}

const wide = 320 / 176;
/** ffmpeg's own filter that lets a stream turn itself leaves the second picture out. */
const settled = 2;
const clips: Record<string, Clip> = {
  "upright": { seen: stored, ratio: wide },
  "a quarter clockwise": { seen: "blue red / gray green", ratio: 1 / wide, matrix: [0, 1, -1, 0] },
  "upside down": { seen: "gray blue / green red", ratio: wide, matrix: [-1, 0, 0, -1] },
  "a quarter the other way": {
    seen: "green gray / red blue",
    ratio: 1 / wide,
    matrix: [0, -1, 1, 0],
  },
  "a quarter, and mirrored": {
    seen: "red blue / green gray",
    ratio: 1 / wide,
    matrix: [0, 1, 1, 0],
  },
  "mirrored from left to right": {
    seen: "green red / gray blue",
    ratio: wide,
    matrix: [-1, 0, 0, 1],
  },
  "mirrored upside down": { seen: "blue gray / red green", ratio: wide, matrix: [1, 0, 0, -1] },
  "turned by the stream itself": {
    seen: "green gray / red blue",
    ratio: 1 / wide,
    encoding: ["-g", "1", "-bsf:v", "h264_metadata=display_orientation=insert:rotate=90"],
    suffix: ".ts",
  },
  "pixels that are not square": {
    seen: stored,
    ratio: 704 / 288 * 8 / 11,
    size: "704x288",
    encoding: ["-vf", "setsar=8/11"],
  },
  "pixels that are not square, by the container, and turned": {
    seen: "blue red / gray green",
    ratio: 1 / 4,
    encoding: ["-bsf:v", "h264_metadata=sample_aspect_ratio=1/1", "-aspect", "4:1"],
    matrix: [0, 1, -1, 0],
  },
};

for (const [what, clip] of Object.entries(clips)) {
  Deno.test(`${what}: model, live view, crops, snapshots and clips show the picture as a person sees it`, async () => {
    const file = await draw(clip);
    try {
      const near = (ratio: number, what: string) => {
        assert.ok(Math.abs(ratio / clip.ratio - 1) < 0.06, `${what}: ${ratio}, not ${clip.ratio}`);
      };
      const own = await look(file, { pixelFormat: "rgb24", fit: "stretch" });
      near(own.width / own.height, "the frame");
      assert.equal(quarters(own), clip.seen);
      const boxed: FrameFormat = { width: 96, height: 96, pixelFormat: "rgb24", fit: "letterbox" };
      const frame = await look(file, boxed);
      near(frame.contentRect.width / frame.contentRect.height, "in the letterbox");
      assert.equal(quarters(frame, frame.contentRect), clip.seen);
      const { crop } = frame;
      near(crop.contentRect.width / crop.contentRect.height, "a crop of it all");
      assert.equal(quarters(crop, crop.contentRect), clip.seen);
      const corner = { x: 0.5, y: 0, width: 0.5, height: 0.5 };
      const part = await look(file, boxed, corner);
      const name = clip.seen.split(/[ /]+/)[1];
      assert.equal(
        quarters(part, undo(part.contentRect, corner)),
        `${name} ${name} / ${name} ${name}`,
      );
      const { view, snapshot, played } = await viewed(file);
      near(view.width / view.height, "the live view");
      assert.equal(quarters(view), clip.seen);
      near(snapshot.width / snapshot.height, "the snapshot");
      assert.equal(quarters(snapshot), clip.seen, "the snapshot");
      near(played.width / played.height, "the clip");
      assert.equal(quarters(played), clip.seen, "the clip");
    } finally {
      await Deno.remove(file);
    }
  });
}

/** The third frame, and all of it cut out of the full-size picture in the same format. */
async function look(url: string, format: FrameFormat, region: Region | null = null) {
  for await (const frame of framesOf({ url, format, region, full: true })) {
    if (frame.sequence < settled) continue;
    const crop = await frame.full!.crop({ x: 0, y: 0, width: 1, height: 1 }, format);
    return { ...frame, crop: crop! };
  }
  assert.fail("no frame");
}

/** The live view, a snapshot and a clip, of a source that plays the file as a camera would. */
async function viewed(url: string) {
  let seen: Pixels | undefined;
  await using guard = new ProcessGuard();
  const ring = new PacketRing(() => ({ seconds: 60, bytes: Infinity }), () => {});
  let display: Display | null = null;
  const recorder: PacketTap = {
    begin: () => ring.begin(),
    describe: (parameters) => ring.describe(parameters),
    show: (shown) => void (display = shown),
    write: (packet) => ring.push(packet),
  };
  await withView(async ({ view }) => {
    const ending = new AbortController();
    const source = framesOf({
      url,
      fps: 15,
      format: { width: 32, height: 32, pixelFormat: "gray", fit: "stretch" },
      tap: joinTaps([view.tap, recorder])!,
      signal: ending.signal,
    });
    const frames = (async () => {
      for await (const frame of source) view.annotate(frame, {});
    })();
    let pictures = 0;
    for await (const jpeg of view.watch(ending.signal)) {
      seen = await decode(jpeg);
      // Else it is the sentence that there is no picture yet.
      if (!quarters(seen).includes("?") && pictures++ === settled) break;
    }
    ending.abort();
    await frames;
  });
  const options = { guard, memoryMb: 512, signal: new AbortController().signal, display };
  const groups = ring.groups;
  const ptsMs = groups[0]!.startMs;
  const [snapshot] = await makeSnapshots({ ...options, groups }, [ptsMs]);
  const path = `${url}.clip.mp4`;
  try {
    await makeClip({ ...options, groups: groups.map(inMemory), durationMs: 1000, path });
    const played = await new Deno.Command("ffmpeg", {
      args: [
        ...["-nostdin", "-v", "error", "-i", path, "-frames:v", "1"],
        ...["-vf", "scale='trunc(iw*sar/2)*2':ih", "-f", "mjpeg", "-q:v", "2", "pipe:1"],
      ],
    }).output();
    return {
      view: seen ?? assert.fail("no picture"),
      snapshot: await decode(snapshot!),
      played: await decode(played.stdout),
    };
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}

async function decode(jpeg: Uint8Array): Promise<Pixels> {
  const { width, height, bitmap } = await Image.decode(jpeg) as Image;
  const data = new Uint8Array(bitmap.length / 4 * 3);
  for (let at = 0; at < data.length; at++) {
    data[at] = bitmap[Math.floor(at / 3) * 4 + at % 3]!;
  }
  return { width, height, data };
}

/** Where a region of the camera's picture lies in the frame. */
function undo(picture: Region, { x, y, width, height }: Region): Region {
  return {
    x: picture.x + x * picture.width,
    y: picture.y + y * picture.height,
    width: width * picture.width,
    height: height * picture.height,
  };
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGB. */
  readonly data: Uint8Array;
}

/** The colours in the middle of each quarter of a region. */
function quarters(
  { width, height, data }: Pixels,
  region = { x: 0, y: 0, width: 1, height: 1 },
): string {
  const [a, b, c, d] = [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]].map(([x, y]) => {
    const column = Math.floor((region.x + x! * region.width) * width);
    const row = Math.floor((region.y + y! * region.height) * height);
    const at = (row * width + column) * 3;
    const found = Object.entries(colors).find(([, rgb]) => {
      return rgb.every((level, channel) => Math.abs(level - data[at + channel]!) < 25);
    });
    return found?.[0] ?? "?";
  });
  return `${a} ${b} / ${c} ${d}`;
}

async function draw(clip: Clip): Promise<string> {
  const { size = "320x176", encoding = [], suffix = ".mp4", matrix } = clip;
  const file = await Deno.makeTempFile({ suffix });
  const box = (name: keyof typeof colors, x: number, y: number) => {
    const hex = colors[name].map((level) => level!.toString(16).padStart(2, "0")).join("");
    return `drawbox=x=${x}*iw/2:y=${y}*ih/2:w=iw/2:h=ih/2:color=0x${hex}:t=fill`;
  };
  const scene = [
    `color=black:s=${size}:r=15:d=4`,
    "format=yuv444p",
    ...[box("red", 0, 0), box("green", 1, 0), box("blue", 0, 1), box("gray", 1, 1)],
  ].join(",");
  const { success } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", scene, "-pix_fmt", "yuv420p"],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "5", ...encoding, file],
    ],
  }).output();
  assert.ok(success);
  if (matrix) await turn(file, matrix);
  return file;
}

/** Writes a track's matrix into an MP4 file. */
async function turn(file: string, [a, b, c, d]: Matrix): Promise<void> {
  const bytes = await Deno.readFile(file);
  const header = new TextDecoder("latin1").decode(bytes).indexOf("tkhd");
  const view = new DataView(bytes.buffer);
  [a, b, 0, c, d, 0, 0, 0, 1].forEach((value, index) => {
    view.setInt32(header + 44 + index * 4, value * 2 ** (index % 3 === 2 ? 30 : 16));
  });
  await Deno.writeFile(file, bytes);
}
