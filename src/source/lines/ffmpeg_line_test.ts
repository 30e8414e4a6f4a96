import assert from "node:assert/strict";
import fc from "fast-check";
import { type FfmpegLine, parseFfmpegLine } from "./ffmpeg_line.ts";

const table: [what: string, line: string, expected: FfmpegLine | null][] = [
  [
    "a connection",
    "[tcp @ 0x5] [verbose] Successfully connected to 127.0.0.1 port 554",
    { kind: "connected" },
  ],
  ["a description", "[rtsp @ 0x5] [verbose] SDP:", { kind: "described" }],
  ["a medium", "m=video 0 RTP/AVP 96\r", { kind: "medium", medium: "video" }],
  ["an encoding", "a=rtpmap:96 H266/90000\r", { kind: "encoding", encoding: "H266" }],
  ["another line of a description", "a=control:track1", null],
  [
    "the clock",
    "[graph 0 input from stream 0:0 @ 0x5] [verbose] w:640 h:360 pixfmt:yuv420p tb:1/90000 fr:25/1 sar:1/1",
    { kind: "clock", secondsPerTick: 1 / 90000, pixels: "yuv420p" },
  ],
  [
    "sizes",
    "[scale@fit1 @ 0x5] [verbose] w:640 h:360 fmt:yuv420p sar:1/1 -> w:300 h:169 fmt:bgr24 sar:676/675 flags:0x4",
    {
      kind: "size",
      branch: 1,
      from: { width: 640, height: 360 },
      to: { width: 300, height: 169 },
      pixelRatio: 1,
    },
  ],
  [
    "sizes, and pixels that are not square, of a newer ffmpeg",
    "[scale@fit0 @ 0x7] [verbose] w:704 h:288 fmt:yuv420p csp:unknown range:tv sar:8/16 -> " +
    "w:300 h:169 fmt:gbrp csp:unknown range:unknown sar:0/1 flags:0x00000020",
    {
      kind: "size",
      branch: 0,
      from: { width: 704, height: 288 },
      to: { width: 300, height: 169 },
      pixelRatio: 0.5,
    },
  ],
  [
    "what is cut out",
    "[crop@region @ 0x5] [verbose] w:640 h:360 sar:1/1 -> w:320 h:216 sar:1/1",
    { kind: "crop", from: { width: 640, height: 360 }, to: { width: 320, height: 216 } },
  ],
  ["a source with an end", "[info]   Duration: 00:00:24.00, start: 1.4", { kind: "finite" }],
  [
    "a segment",
    "[hls @ 0x5] [verbose] HLS request for url 'http://cam/live1.ts', offset 0, playlist 0",
    { kind: "segment" },
  ],
  [
    "a segment, of a newer ffmpeg",
    "[in#0 @ 0x5] [verbose] HLS request for url 'http://cam/a7.ts', offset 0, playlist 0",
    { kind: "segment" },
  ],
  ["the input", "[info] Input #0, rtsp, from 'rtsp://127.0.0.1:45247/p3':", { kind: "opened" }],
  [
    "the codec",
    "[info]   Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p, 640x360",
    { kind: "codec", codec: "h264", pixelRatio: null },
  ],
  [
    "the codec, and the container's ratio of pixels",
    "[info]   Stream #0:0[0x1](und): Video: h264, yuv420p, 320x180 [SAR 1:1 DAR 16:9], 218 kb/s, SAR 9:4 DAR 4:1, 5 fps",
    { kind: "codec", codec: "h264", pixelRatio: "9:4" },
  ],
  ["a turn", "[info]       displaymatrix: rotation of -90.00 degrees", {
    kind: "turn",
    degrees: 90,
  }],
  ["a turn, of a newer ffmpeg", "[info]       Display Matrix: rotation of 90.00 degrees", {
    kind: "turn",
    degrees: -90,
  }],
  [
    "a quarter turn",
    "[transpose @ 0x5] [verbose] w:320 h:180 dir:2 -> w:180 h:320 rotation:counterclockwise vflip:0",
    { kind: "quarter", flipped: false },
  ],
  ["an error", "[rtsp @ 0x5] [error] method DESCRIBE failed: 404 Not Found", {
    kind: "message",
    level: "error",
    text: "method DESCRIBE failed: 404 Not Found",
  }],
  ["a line of the description", "a=fmtp:96 packetization-mode=1", null],
];

for (const [what, line, expected] of table) {
  Deno.test(`parseFfmpegLine() understands ${what}`, () => {
    assert.deepEqual(parseFfmpegLine(line), expected);
  });
}

Deno.test("parseFfmpegLine() takes any text", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "[info] ",
      "[scale@fit1 @ ",
      " tb:1/0 ",
      "pixfmt:x",
      "-> w:",
      "m=video ",
    ),
  );
  fc.assert(fc.property(fc.array(word), (words) => {
    parseFfmpegLine(words.join(""));
  }));
});

Deno.test("parseFfmpegLine() tells how grave each message is", () => {
  const levels = ["panic", "fatal", "error", "warning", "info", "verbose", "debug", "trace"];
  const told = levels.map((level) => parseFfmpegLine(`[x @ 0x5] [${level}] words`));
  assert.deepEqual(told.map((line) => line?.kind === "message" && line.level), [
    ...["fatal", "fatal", "error", "warning", "info", "verbose", "verbose", "verbose"],
  ]);
});

Deno.test("parseFfmpegLine() takes no clock nor ratio that is none, and no picture of a cover", () => {
  const clock = (tb: string) =>
    parseFfmpegLine(`[graph] [verbose] w:1 pixfmt:gray tb:${tb} fr:1/1`);
  assert.deepEqual([clock("1/0"), clock("0/1"), clock("0/0")], [null, null, null]);
  const sizes = (sar: string) =>
    parseFfmpegLine(
      `[scale@fit0 @ 0x5] [verbose] w:4 h:2 fmt:gray sar:${sar} -> w:2 h:1 fmt:gray sar:1/1 `,
    );
  for (const [sar, ratio] of [["0/1", 1], ["1/0", 1], ["0/0", 1], ["3/2", 1.5]] as const) {
    const line = sizes(sar);
    assert.equal(line?.kind === "size" && line.pixelRatio, ratio);
  }
  const cover = parseFfmpegLine("[info]   Stream #0:1: Video: mjpeg, yuvj420p (attached pic)");
  assert.equal(cover?.kind, "message");
  const turned = parseFfmpegLine("[t @ 0x5] [verbose] w:1 h:2 rotation:clockwise vflip:1");
  assert.deepEqual(turned, { kind: "quarter", flipped: true });
});
