import assert from "node:assert/strict";
import { checkTable } from "../settings/check_table.ts";
import type { Problem } from "../settings/problem.ts";
import { resolve } from "node:path";
import { kindOfOutput, outputConfig, outputSettings, type OutputValues } from "./settings.ts";

function check(given: Record<string, unknown>) {
  const problems: Problem[] = [];
  const values: OutputValues = checkTable(outputSettings, given, problems);
  return { config: outputConfig(values), messages: problems.map(({ message }) => message) };
}

Deno.test("output_boxes holds for outputs that do not say otherwise", () => {
  const { config, messages } = check({
    output: ["rtsp://h/a", { hls: { path: "d", boxes: false } }, {
      file: { path: "a.mp4", boxes: true },
    }],
    output_boxes: true,
  });
  assert.deepEqual(messages, []);
  assert.deepEqual(config.map(({ kind, boxes }) => [kind, boxes]), [
    ["rtsp", true],
    ["hls", false],
    ["file", true],
  ]);
  assert.deepEqual(check({ output: ["rtmp://h/a"] }).config.map(({ boxes }) => boxes), [false]);
});

Deno.test("an output is described without its password", () => {
  const { config } = check({
    output: [
      "rtsp://me:secret@h/a",
      "rtmp://h/app/streamkey",
      "srt://h:9?passphrase=secret",
      "hls:d",
    ],
  });
  assert.deepEqual(config.map((one) => kindOfOutput(one).describe(one)), [
    "rtsp://me:***@h/a",
    "rtmp://h/app/***",
    "srt://h:9?passphrase=***",
    "hls:d",
  ]);
});

Deno.test("what is no output is refused", () => {
  for (
    const output of [
      ...["http://h/a", "rtsp://", "rtsp:///a", "file:a.avi", "hls:"],
      // In the root of the disk; a playlist; no port.
      ...["file://a.mp4", "hls://a", "hls:a/index.m3u8", "srt://h", "srt://h?mode=caller"],
    ]
  ) assert.equal(check({ output: [output] }).messages.length, 1, output);
  for (const output of ["file:///a.mp4", "hls:/a", "srt://u:p@[::1]:9?x=1", "rtsp://h"]) {
    assert.deepEqual(check({ output: [output] }).messages, [], output);
  }
});

Deno.test("%N is the camera's name wherever one output must not be another", () => {
  const { config } = check({
    output: [
      "rtsp://me:%4e@h/%N?a=%N",
      "rtmp://h/app/%N",
      "srt://h:9?streamid=%N",
      "hls:d/%N",
      "file:%N.mp4",
    ],
  });
  assert.deepEqual(config.map((one) => kindOfOutput(one).place?.(one, "Tür")), [
    "rtsp://me:%4e@h/T%C3%BCr?a=T%C3%BCr",
    "rtmp://h/app/T%C3%BCr",
    "srt://h:9?streamid=T%C3%BCr",
    resolve("d/Tür"),
    undefined,
  ]);
});
