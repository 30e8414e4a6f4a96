/** A file in, a file with boxes out. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeFile } from "./support/decoded.ts";
import { probe } from "./support/grey_pictures.ts";
import {
  clipOf,
  common,
  misplaced,
  numberOf,
  showsClear,
  size,
  tempDir,
} from "./support/output_fixture.ts";
import { sightlineResult } from "./support/run_sightline.ts";

Deno.test("annotate draws each box on its own picture, and leaves none out", async () => {
  await using folder = await tempDir();
  const clip = await clipOf({ frames: 200, bFrames: 2 });
  const out = join(folder.path, "100%.mp4");
  const { code, stdout, stderr } = await sightlineResult(
    ["annotate", clip.file, "-o", out, ...common],
  );
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${out}: 200 pictures\n`);
  assert.deepEqual(await probe(out, "format=duration"), [["8.000000"]], "with the last picture");
  const pictures = await decodeFile(out, size);
  const numbers = pictures.map(numberOf);
  assert.deepEqual(numbers, Array.from({ length: 200 }, (_, number) => number));
  assert.deepEqual(misplaced(pictures), []);
  for (
    const [args, message] of [
      [["-o", out], `-o ${out}: exists; -y writes over it`],
      [["-y", "-o", clip.file], `-o ${clip.file}: is the clip itself`],
      [["-y", "-o", out, "--fps", "0"], "--fps 0: must be a number from 0.01 to 1000"],
    ] as const
  ) {
    const wrong = await sightlineResult(["annotate", clip.file, ...args, ...common]);
    assert.deepEqual([wrong.code, wrong.stderr], [2, `${message}\n`]);
  }
  assert.equal((await decodeFile(out, size)).length, 200, "what was there is there still");
});

Deno.test("annotate leaves colours as the camera means them", async () => {
  await using folder = await tempDir();
  // A file, though it begins as an address does.
  const name = "udp:full.mp4";
  const clip = join(folder.path, name);
  const ramp = "format=yuv420p,geq=lum=X*255/320:cb=90:cr=170";
  const meaning = "setparams=range=pc:colorspace=bt709:color_primaries=bt709:color_trc=bt709";
  await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-f", "lavfi", "-i", "color=s=320x180:r=25:d=0.4"],
      ...["-vf", `${ramp},${meaning}`, "-c:v", "libx264", "-crf", "5", clip],
    ],
  }).output();
  const out = join(folder.path, "out.mp4");
  const { code, stderr } = await sightlineResult(["annotate", name, "-o", out, ...common], {
    cwd: folder.path,
  });
  assert.equal(code, 0, stderr);
  const [given, written] = [await described(clip), await described(out)];
  assert.match(given.video, /\(pc, bt709/);
  assert.equal(written.video, given.video);
  // The first row, which no box is in.
  const differences = given.row.map((value, at) => Math.abs(value - written.row[at]!));
  assert.ok(Math.max(...differences) <= 6, `luma or chroma differ by ${Math.max(...differences)}`);
});

Deno.test("a clip that changes its size goes on in a file of its own, with boxes and without", async () => {
  await using folder = await tempDir();
  const part = async (size: string, offsetS: number) => {
    const { stdout } = await new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "error", "-f", "lavfi", "-i", `testsrc=s=${size}:r=25:d=1`],
        ...["-c:v", "libx264", "-bf", "0", "-output_ts_offset", `${offsetS}`],
        ...["-f", "mpegts", "pipe:1"],
      ],
    }).output();
    return stdout;
  };
  const clip = join(folder.path, "clip.ts");
  const parts = [await part("320x180", 0), await part("160x90", 1), await part("640x360", 2)];
  await Deno.writeFile(clip, new Blob(parts).stream());
  const out = join(folder.path, "out.mp4");
  await Deno.writeTextFile(join(folder.path, "out-2.mp4"), "another file");
  const { code, stdout, stderr } = await sightlineResult(
    ["annotate", clip, "-o", out, ...common],
  );
  assert.equal(code, 0, stderr);
  const files = ["out.mp4", "out-3.mp4", "out-4.mp4"].map((name) => join(folder.path, name));
  assert.equal(stdout, files.map((file) => `${file}: 25 pictures\n`).join(""));
  const sizes = await Promise.all(files.map((file) => probe(file, "stream=width,height")));
  assert.deepEqual(sizes, [[["320", "180"]], [["160", "90"]], [["640", "360"]]]);
  const plain = join(folder.path, "plain.mp4");
  const packed = await sightlineResult(
    ["--stream_url", clip, ...common, "--output", `file:${plain}`],
  );
  assert.equal(packed.code, 0, packed.stderr);
  const parted = ["plain.mp4", "plain-2.mp4", "plain-3.mp4"].map((name) => join(folder.path, name));
  const counted = "stream=width,height,duration";
  assert.deepEqual(await Promise.all(parted.map((file) => probe(file, counted))), [
    [["320", "180", "1.000000"]],
    [["160", "90", "1.000000"]],
    [["640", "360", "1.000000"]],
  ]);
});

/** How a file's first picture is tagged, and the bytes of parts of its planes. */
async function described(path: string) {
  const { stdout, stderr } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-hide_banner", "-i", path, "-frames:v", "1", "-vf", "crop=320:90:0:0"],
      ...["-f", "rawvideo", "pipe:1"],
    ],
  }).output();
  const [, video] = /Stream #0:0.*?: Video: .*?(yuv\w+\([^)]*\))/
    .exec(new TextDecoder().decode(stderr)) ?? [];
  return { video: video!.replace(", progressive", ""), row: [...stdout] };
}

Deno.test("what a use case hides in a file is hidden to its last picture", async () => {
  await using folder = await tempDir();
  const clip = await clipOf({ frames: 120 });
  const out = join(folder.path, "hidden.mp4");
  const hiding = [...common, "--use_case_options", '{"hides":true}'];
  const hidden = await sightlineResult(["annotate", clip.file, "-o", out, ...hiding]);
  assert.deepEqual([hidden.code, hidden.stdout], [0, `${out}: 120 pictures\n`], hidden.stderr);
  assert.deepEqual((await decodeFile(out, size)).flatMap(showsClear), []);
});

Deno.test("annotate says what is wrong with its arguments", async () => {
  for (
    const [args, message] of [
      [["-o", "a.mp4"], "-o: the clip comes first: annotate CLIP -o OUT.mp4"],
      [["main.ts"], "-o: missing, must be the path of a .mp4 file"],
      [["main.ts", "-o", "a.avi"], "-o a.avi: must be the path of a .mp4 file"],
      [["none.mp4", "-o", "a.mp4"], "none.mp4: is no file"],
      [
        ["main.ts", "-o", "main.ts/a.mp4"],
        "-o main.ts/a.mp4: cannot be written: EEXIST: file already exists, mkdir 'main.ts'",
      ],
    ] as const
  ) {
    const { code, stderr } = await sightlineResult(["annotate", ...args]);
    assert.deepEqual([code, stderr], [2, `${message}\n`]);
  }
});
