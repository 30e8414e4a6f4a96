import assert from "node:assert/strict";
import { nearest } from "./nearest.ts";

const KNOWN = ["stream_url", "stream_name", "fps", "visualizer_port", "visualizer_host", "api"];

const cases: [typed: string, meant: string | null][] = [
  ["stream_ulr", "stream_url"],
  ["steam_url", "stream_url"],
  ["streamurl", "stream_url"],
  ["fsp", "fps"],
  ["visualiser_port", "visualizer_port"],
  ["visualizer", "visualizer_port"],
  ["stream", "stream_url"],
  ["ap", "api"],
  ["xyz", null],
  ["", null],
  ["a_very_long_name_like_no_other", null],
];
for (const [typed, meant] of cases) {
  Deno.test(`nearest() to "${typed}" is ${meant}`, () =>
    assert.equal(nearest(typed, KNOWN), meant));
}
