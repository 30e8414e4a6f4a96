import assert from "node:assert/strict";
import fc from "fast-check";
import { parseFfmpegBytes } from "./ffmpeg_line_bytes.ts";

type Parsed = { readonly kind: string; readonly pts?: number | null; readonly branch?: number };

/** What the line tells; null for nothing, undefined when it was not understood. */
function parse(line: string): Parsed | null | undefined {
  // Not alone in its buffer, as in a pipe.
  const before = "[info] demuxer+ffmpeg -> type:video pkt_pts:1 \n";
  const bytes = new TextEncoder().encode(`${before}${line}\nframe:1 pts:2 \n`);
  return parseBytes(bytes, before.length, bytes.indexOf(10, before.length));
}

function parseBytes(bytes: Uint8Array, start: number, end: number): Parsed | null | undefined {
  let parsed: Parsed | null = null;
  const understood = parseFfmpegBytes(bytes, start, end, {
    onPacket: (pts) => parsed = { kind: "packet", pts },
    onFrame: (pts) => parsed = { kind: "frame", pts },
    onBranch: (branch) => parsed = { kind: "branch", branch },
  });
  return understood ? parsed : undefined;
}

const usual: readonly (readonly [line: string, told: Parsed | null])[] = [
  ["frame:12   pts:43200   pts_time:0.48", { kind: "frame", pts: 43200 }],
  ["frame:0    pts:NOPTS   pts_time:NOPTS", { kind: "frame", pts: null }],
  ["[h264 @ 0x5] frame:1    pts:-5      pts_time:-0.1", { kind: "frame", pts: -5 }],
  ["sightline_branch=12", { kind: "branch", branch: 12 }],
  [
    "[info] demuxer+ffmpeg -> ist_index:0 type:video pkt_pts:7200 pkt_pts_time:0.08 pkt_dts:0 ",
    { kind: "packet", pts: 7200 },
  ],
  [
    "[vist#0:0/h264 @ 0x5] [info] demuxer+ffmpeg -> ist_index:0:0 type:video pkt_pts:NOPTS x",
    { kind: "packet", pts: null },
  ],
  [
    "[vist#0:0/h264 @ 0x5] [info] demuxer+ffmpeg -> ist_index:0:0 type:video pkt_pts:7200 pkt_pts_time:0.08 ",
    { kind: "packet", pts: 7200 },
  ],
  ["[vist#0:0/h264 @ 0x5] [info] demuxer+tsfixup -> ist_index:0:0 type:video pkt_pts:0 ", null],
  ["[vf#0:0 @ 0x5] [info] filter_raw -> pts:5 pts_time:0.2 time_base:1/25", null],
  ["[info] demuxer+ffmpeg -> type:video pkt_dts:1 ", null],
  ["[h264 @ frame:7    pts:-5      pts_time:-0.1", { kind: "frame", pts: -5 }],
  ["[h264 @ sightline_branch=2", { kind: "branch", branch: 2 }],
  ["[h264 @ [info] demuxer+ffmpeg -> type:video pkt_pts:3 ", { kind: "packet", pts: 3 }],
  ["[h264 @ [info] decoder -> ist_index:0", null],
  ["frame:1 pts:1234567890123456789 ", { kind: "frame", pts: 1234567890123456789 }],
  ["[info] demuxer+ffmpeg -> ist_index:1 type:audio pkt_pts:7200 pkt_pts_time:0.08 ", null],
  ["[info] demuxer -> ist_index:0 type:video next_dts:1633333 pkt_pts:150000 ", null],
  ["[info] decoder -> ist_index:0 type:video frame_pts:147000 keyframe:1 frame_type:1", null],
  ["[info] filter -> pts:49 pts_time:1.63333 exact:49.000008 time_base:1/30", null],
  ["[info] encoder <- type:video frame_pts:49 frame_pts_time:1.63333 time_base:1/30", null],
  ["[info] demuxer+ffmpeg -> type:video pkt_pts:x pkt_pts:5 ", { kind: "packet", pts: 5 }],
  ["frame:1 pts:123456789012345 ", { kind: "frame", pts: 123456789012345 }],
  ["frame:1 pts:-1234567890123456 ", { kind: "frame", pts: -1234567890123456 }],
  ["[info] muxer <- type:video pkt_pts:49 pkt_pts_time:1.63333 size:270000", null],
];

for (const [line, told] of usual) {
  Deno.test(`parseFfmpegBytes() understands ${line.slice(0, 44)}`, () => {
    assert.deepEqual(parse(line), told);
    assert.deepEqual(bySearch(line), told);
  });
}

const unusual = [
  "frame:x pts:1 ",
  "flame:1 pts:12 ",
  "frame:1 pts:",
  "frame:1 pts:12",
  "frame:1 pts:12x",
  "frame:1 pts: 12 ",
  "frame:1 pts:- ",
  "frame:1pts:12 ",
  "frame: pts:12 ",
  "sightline_branch=",
  "sightline_branch=1x",
  "decoder -> without a level",
  "[rtsp @ 0x5] [error] method DESCRIBE failed: 404 Not Found",
  "[info",
];

for (const line of unusual) {
  Deno.test(`parseFfmpegBytes() leaves to others ${line}`, () => {
    assert.equal(parse(line), undefined);
  });
}

/** The same by regular expressions, which find these lines wherever they begin. */
function bySearch(line: string): Parsed | null | undefined {
  const pts = (text: string | undefined) => text === "NOPTS" ? null : Number(text);
  const frame = /frame:\d+ +pts:(-?\d+|NOPTS) /.exec(line);
  if (frame !== null) return { kind: "frame", pts: pts(frame[1]) };
  const branch = /sightline_branch=(\d+)$/.exec(line);
  if (branch !== null) return { kind: "branch", branch: Number(branch[1]) };
  if (line.includes("demuxer+ffmpeg -> ")) {
    const packet = /demuxer\+ffmpeg -> .*?type:video .*?pkt_pts:(-?\d+|NOPTS) /.exec(line);
    return packet && { kind: "packet", pts: pts(packet[1]) };
  }
  const step = /\] (?:demuxer|demuxer\+tsfixup|decoder|filter_raw|filter|encoder|muxer) (?:->|<-) /;
  return step.test(line) ? null : undefined;
}

Deno.test("parseFfmpegBytes() tells of any line what a search by regular expressions does", () => {
  const word = fc.oneof(
    { weight: 1, arbitrary: fc.string() },
    {
      weight: 9,
      arbitrary: fc.constantFrom(
        ...["frame:", "pts:", "[info] ", "[h264 @ 0x5] ", "demuxer+ffmpeg -> ", "decoder -> "],
        ...["type:video ", "pkt_pts:", "NOPTS ", "sightline_branch=", "7 ", "-12 ", " ", "3"],
        ...usual.map(([line]) => line),
      ),
    },
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (words) => {
      const line = words.join("").replaceAll(/[\r\n]/g, "");
      // A step is written in one piece, so nothing else begins behind it.
      fc.pre(!/ (?:->|<-) .*(?:frame:\d|sightline_branch=|-> |type:video )/.test(line));
      assert.deepEqual(parse(line), bySearch(line));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("parseFfmpegBytes() takes a line that ends anywhere for what stands before its end", () => {
  for (const [line] of usual) {
    const bytes = new TextEncoder().encode(line + "frame:1  pts:NOPTS ");
    for (let end = 0; end <= bytes.length; end++) {
      const alone = parseBytes(bytes.slice(0, end), 0, end);
      assert.deepEqual(parseBytes(bytes, 0, end), alone, `${line}, ${end}`);
    }
  }
});

Deno.test("parseFfmpegBytes() reads no further than the end of its line", () => {
  const bytes = new TextEncoder().encode("frame:1 pts:12 more sightline_branch=12");
  const told: unknown[] = [];
  const listener = {
    onPacket: (pts: number | null) => told.push(pts),
    onFrame: (pts: number | null) => told.push(pts),
    onBranch: (branch: number) => told.push(branch),
  };
  // The space behind the number is the next line's.
  assert.equal(parseFfmpegBytes(bytes, 0, 14, listener), false);
  assert.equal(parseFfmpegBytes(bytes, 0, 13, listener), false);
  assert.equal(parseFfmpegBytes(bytes, 0, 15, listener), true);
  assert.equal(parseFfmpegBytes(bytes, 20, bytes.length - 1, listener), true);
  assert.equal(parseFfmpegBytes(bytes, 20, bytes.length - 2, listener), false);
  assert.deepEqual(told, [12, 1]);
});
