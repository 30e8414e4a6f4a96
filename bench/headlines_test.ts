import assert from "node:assert/strict";
import { headlines } from "./headlines.ts";

const arms = (ratio: number) => [
  { name: "ffmpeg alone", sightlineOver: ratio, rssMb: 85 },
  { name: "sightline", sightlineOver: 1, rssMb: 193.4 },
];

Deno.test("headlines() holds each figure against its aim", () => {
  assert.deepEqual(headlines([{ name: "floor", command: "", report: { arms: arms(1.14) } }]), [
    ["CPU over ffmpeg's, 1 × 1080p30", "1.14", "≤ 1.15", "met"],
    ["resident memory, 1 stream", "193 MB", "≤ 200", "met"],
  ]);
  const [missed] = headlines([{
    name: "unpaced",
    command: "",
    report: { steadyOverFfmpeg: 0.63 },
  }]);
  assert.deepEqual(missed, ["file, frames a second over ffmpeg's", "0.63", "≥ 0.9", "MISSED"]);
});

Deno.test("headlines() does not hide a measurement that failed", () => {
  assert.deepEqual(headlines([{ name: "soak", command: "", report: null }]), [
    ["soak", "failed", "", "MISSED"],
  ]);
});
