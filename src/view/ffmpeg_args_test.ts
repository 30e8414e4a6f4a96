import assert from "node:assert/strict";
import fc from "fast-check";
import { nutFrame, nutHeader } from "../frame/nut_muxer.ts";
import { decoderArgs, encoderArgs, parseColorTags, parsePictureHeader } from "./ffmpeg_args.ts";

Deno.test("parsePictureHeader() reads time and size of a showinfo line", () => {
  const line =
    "[Parsed_showinfo_4 @ 0x55d0c] [info] n:   3 pts: 914400 pts_time:10.16   duration:      0 " +
    "duration_time:0       fmt:rgba cl:unspecified sar:1/1 s:1280x720 i:P iskey:0 type:P ";
  assert.deepEqual(parsePictureHeader(line, "full"), { ptsMs: 160, width: 1280, height: 720 });
});

Deno.test("parsePictureHeader() knows pictures without a time", () => {
  const line =
    "[Parsed_showinfo_4 @ 0x5] [info] n: 0 pts: NOPTS pts_time:NOPTS fmt:rgba s:64x48 i:P";
  assert.deepEqual(parsePictureHeader(line, "full"), { ptsMs: null, width: 64, height: 48 });
});

Deno.test("parsePictureHeader() refuses sizes that no picture of the view has", () => {
  for (const size of ["99999x99999", "0x10", "1281x720"]) {
    assert.equal(
      parsePictureHeader(`showinfo n: 0 pts: 1 pts_time:1 fmt:rgba s:${size} i:P`, "full"),
      null,
    );
  }
});

Deno.test("parseColorTags() reads what numbers of pixels mean, in names that ffmpeg takes again", () => {
  const line = (range: string, space: string) =>
    `[Parsed_showinfo_4 @ 0x55d0c] [info] color_range:${range} color_space:${space} ` +
    "color_primaries:smpte170m color_trc:iec61966-2-1";
  const rest = { primaries: "smpte170m", transfer: "iec61966-2-1" };
  assert.deepEqual(parseColorTags(line("pc", "bt709")), { range: "pc", space: "bt709", ...rest });
  assert.deepEqual(parseColorTags(line("tv", "reserved"))?.space, "unknown");
  assert.deepEqual(parseColorTags(line("tv", "a,b"))?.space, "unknown");
  assert.equal(parseColorTags("[info] n:   3 pts: 914400"), null);
});

Deno.test("parsePictureHeader() takes any line without complaint", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    parsePictureHeader(text, "whole");
    parseColorTags(`showinfo] color_range:${text} color_space:${text}`);
    parsePictureHeader(`showinfo n: ${text} pts: ${text} pts_time:${text} s:1x1 `, "whole");
  }));
});

Deno.test("decoderArgs() and encoderArgs() use pipes only", () => {
  for (
    const args of [
      decoderArgs({ size: "full", display: null, isWhole: true }, "pipe:1"),
      decoderArgs({
        size: "small",
        display: { turn: 90, flipped: true, pixelRatio: "8:11" },
        isWhole: true,
      }, "pipe:1"),
      encoderArgs({ width: 64, height: 48 }, "pipe:0"),
    ]
  ) {
    assert.equal(args[args.indexOf("-i") + 1], "pipe:0");
    assert.equal(args.at(-1), "pipe:1");
  }
});

Deno.test("decoderArgs() has each picture as large as its line says, when a camera changes its size", async () => {
  const sizes = ["64x48", "32x24", "96x72"];
  const pictures = (await Promise.all(sizes.map(keyFrameOf))).flatMap((data) => [data, data]);
  const video = { codec: "h264", fourcc: "H264", width: 64, height: 48 };
  const parts = [
    nutHeader({ video: { ...video, extradata: new Uint8Array(0) }, audio: null }),
    ...pictures.flatMap((data, index) => [
      nutFrame({ kind: "video", data, keyframe: true, ptsMs: index * 40 }),
      data,
    ]),
  ];
  for (const [pixels, bytes] of [["rgba", 4], ["yuv420p", 1.5]] as const) {
    const task = { size: "whole", display: null, isWhole: true, pixels } as const;
    const { stdout, stderr } = await ffmpeg(decoderArgs(task, "pipe:1"), parts);
    const headers = new TextDecoder().decode(stderr).split("\n")
      .flatMap((line) => parsePictureHeader(line, "whole") ?? []);
    const shown = headers.map(({ width, height }) => `${width}x${height}`);
    assert.deepEqual(shown, sizes.flatMap((size) => [size, size]));
    const told = headers.reduce((sum, { width, height }) => sum + width * height * bytes, 0);
    assert.equal(stdout.length, told);
  }
});

async function keyFrameOf(size: string): Promise<Uint8Array<ArrayBuffer>> {
  const picture = ["-f", "lavfi", "-i", `testsrc=s=${size}`, "-frames:v", "1"];
  const h264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-f", "h264", "pipe:1"];
  return (await ffmpeg(["-v", "error", ...picture, ...h264], [])).stdout;
}

async function ffmpeg(args: string[], parts: Uint8Array<ArrayBuffer>[]) {
  const child = new Deno.Command("ffmpeg", {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [output] = await Promise.all([
    child.output(),
    new Blob(parts).stream().pipeTo(child.stdin),
  ]);
  return output;
}
