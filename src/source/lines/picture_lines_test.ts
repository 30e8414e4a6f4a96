import assert from "node:assert/strict";
import fc from "fast-check";
import { parseColorTags, parsePictureHeader } from "./picture_lines.ts";

const most = { width: 1280, height: 720 };

Deno.test("parsePictureHeader() reads time and size of a showinfo line", () => {
  const line =
    "[Parsed_showinfo_4 @ 0x55d0c] [info] n:   3 pts: 914400 pts_time:10.16   duration:      0 " +
    "duration_time:0       fmt:rgba cl:unspecified sar:1/1 s:1280x720 i:P iskey:0 type:P ";
  assert.deepEqual(parsePictureHeader(line, most), { ticks: 914400, width: 1280, height: 720 });
});

Deno.test("parsePictureHeader() knows pictures without a time", () => {
  const line =
    "[Parsed_showinfo_4 @ 0x5] [info] n: 0 pts: NOPTS pts_time:NOPTS fmt:rgba s:64x48 i:P";
  assert.deepEqual(parsePictureHeader(line, most), { ticks: null, width: 64, height: 48 });
});

Deno.test("parsePictureHeader() refuses sizes that no picture may have", () => {
  for (const size of ["99999x99999", "0x10", "1281x720"]) {
    assert.equal(
      parsePictureHeader(`showinfo n: 0 pts: 1 pts_time:1 fmt:rgba s:${size} i:P`, most),
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
    parsePictureHeader(text, most);
    parseColorTags(`showinfo] color_range:${text} color_space:${text}`);
    parsePictureHeader(`showinfo n: ${text} pts: ${text} pts_time:${text} s:1x1 `, most);
  }));
});
