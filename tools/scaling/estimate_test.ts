import assert from "node:assert/strict";
import { estimate } from "./estimate.ts";
import { scalingTable } from "./table.ts";

const figures = {
  measured_fps: 30,
  decode_cores: 0.2,
  own_cores: 0.06,
  ffmpeg_mb: 80,
  process_mb: 100,
  stream_mb: 20,
  camera_mbit: 4,
  request_kb: 250,
  record_kb: 2,
};

Deno.test("estimate() takes decoding for every frame, and the rest for those that are analysed", () => {
  // 0.7 cores of a thread hold 11 cameras at 0.06, and 70 at 0.01.
  assert.deepEqual(round(estimate(110, 30, figures)), {
    ...{ cores: 28.6, processes: 10, memoryGb: 12 },
    ...{ fromCamerasGbit: 0.44, toModelsGbit: 6.6, recordsMbit: 52.8 },
  });
  assert.deepEqual(round(estimate(700, 5, figures)), {
    ...{ cores: 147, processes: 10, memoryGb: 71 },
    ...{ fromCamerasGbit: 2.8, toModelsGbit: 7, recordsMbit: 56 },
  });
});

Deno.test("docs/scaling.md holds the table that bench/figures.json gives: deno task scaling", async () => {
  const doc = await Deno.readTextFile(new URL("../../docs/scaling.md", import.meta.url));
  assert.ok(doc.includes(await scalingTable()), "run deno task scaling");
});

function round(values: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Math.round(value * 1000) / 1000]),
  );
}
