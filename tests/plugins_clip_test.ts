/** The library of plugins through the real program, on the demo's clip and model. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { AnalysisRecord } from "../src/sink/record.ts";
import { sightlineResult } from "./support/run_sightline.ts";
import { runSystem } from "./support/system_run.ts";
import { withRenderedClip } from "./support/with_rendered_clip.ts";

const path = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const model = ["--model_path", path("demo/person_vehicle_bike.onnx")];
const street = ["--stream_url", path("demo/street.mp4")];

/** Runs a plugin to the end of the clip, or of its limit. */
async function records(
  plugin: string,
  options: unknown,
  flags: readonly string[],
): Promise<readonly AnalysisRecord[]> {
  await using run = await runSystem([
    ...["--use_case", path(`plugins/${plugin}.ts`)],
    ...["--use_case_options", JSON.stringify(options)],
    ...flags,
  ]);
  const { code, stderr, records } = await run.result();
  assert.equal(code, 0, stderr);
  return records;
}

function eventsIn(all: readonly AnalysisRecord[], type: string) {
  return all.flatMap(({ events, pts_ms }) =>
    events.filter((event) => event.type === type).map((event) => ({ ...event, pts_ms }))
  );
}

Deno.test("line_crossing counts the traffic of the demo's street", async () => {
  const road = {
    name: "road",
    points: [[0.5, 0], [0.5, 1]],
    directions: { right: "to the left", left: "to the right" },
  };
  const all = await records("line_crossing", { lines: [road], labels: ["vehicle"] }, [
    ...street,
    ...model,
  ]);
  const { lines } = all.at(-1)!.data as { lines: { road: Record<string, number> } };
  const crossed = eventsIn(all, "line_crossed");
  const told = (direction: string) =>
    crossed.filter((event) => Object(event).direction === direction).length;
  assert.deepEqual(lines.road, {
    "to the left": told("to the left"),
    "to the right": told("to the right"),
  });
  // The scene has 16 and 10; some are hidden behind others in the nearer lane when they cross.
  assert.ok(Math.abs(lines.road["to the left"]! - 16) <= 3, JSON.stringify(lines));
  assert.ok(Math.abs(lines.road["to the right"]! - 10) <= 3, JSON.stringify(lines));
  const ids = new Set(all.flatMap(({ detections }) => detections.map(({ track_id }) => track_id)));
  assert.ok(!ids.has(undefined), "each detection has its number");
  assert.ok(ids.size >= 26 && ids.size < 60, `${ids.size} vehicles`);
});

Deno.test("combine: zone_presence and person_vehicle_bike share the demo's stream and model", async () => {
  const polygon = [[0.3, 0], [0.7, 0], [0.7, 1], [0.3, 1]];
  const all = await records("combine", {
    useCases: [
      { name: "person_vehicle_bike" },
      { name: "zone_presence", options: { zones: [{ name: "middle", polygon, dwellMs: 1500 }] } },
    ],
  }, [...street, ...model, "--limit_frames", "300"]);
  assert.equal(all.length, 300);
  const [none, { zones }] = all.at(-1)!.data as [
    null,
    { zones: { middle: { inside: number; entered: number; left: number; mean_dwell_ms: number } } },
  ];
  assert.equal(none, null);
  const { inside, entered, left, mean_dwell_ms } = zones.middle;
  assert.equal(entered, eventsIn(all, "zone_entered").length);
  assert.equal(left, eventsIn(all, "zone_left").length);
  assert.equal(inside, entered - left);
  assert.ok(left >= 3, `${left} left`);
  assert.ok(mean_dwell_ms > 200 && mean_dwell_ms < 12_000, `${mean_dwell_ms} ms`);
  assert.ok(eventsIn(all, "zone_dwelled").length > 0);
  const boxes = all.at(-1)!.detections.map(({ label, box }) => JSON.stringify([label, box]));
  assert.equal(new Set(boxes).size, boxes.length, "nothing is there twice");
});

/** A grey yard; a white square crosses it from the second to the third second. */
const visit = "color=c=gray:s=320x180:r=25," +
  "drawbox=x=40:y=60:w=40:h=40:c=white:t=fill:enable='between(t,2,2.49)'," +
  "drawbox=x=200:y=60:w=40:h=40:c=white:t=fill:enable='between(t,2.5,2.99)'";

Deno.test("motion, with --no_model, tells when something moves", async () => {
  await using clip = await withRenderedClip(visit, 6);
  const all = await records("motion", { holdMs: 1000 }, ["--stream_url", clip.file, "--no_model"]);
  assert.equal(all.length, 150);
  const [started] = eventsIn(all, "motion_started");
  const [stopped] = eventsIn(all, "motion_stopped");
  assert.equal(started?.pts_ms, 2000);
  // Last seen at 2960 ms.
  assert.ok(stopped!.pts_ms > 3960 && stopped!.pts_ms <= 4040, `${stopped?.pts_ms}`);
  assert.equal(Object(stopped).duration_ms, 960);
  const at = (ptsMs: number) =>
    all.find(({ pts_ms }) => pts_ms === ptsMs)!.data as {
      regions: { x: number; y: number; width: number; height: number }[];
    };
  const [region, ...others] = at(2200).regions;
  assert.deepEqual(others, []);
  for (const [side, expected] of Object.entries({ x: 40 / 320, y: 60 / 180, width: 40 / 320 })) {
    const value = region![side as "x"];
    assert.ok(Math.abs(value - expected) < 0.02, `${side} is ${value}, not ${expected}`);
  }
  assert.deepEqual(at(1000).regions, []);
});

Deno.test("motion as a gate spares the model every frame in which nothing moves", async () => {
  await using clip = await withRenderedClip(visit, 6);
  await using run = await runSystem([
    ...["--use_case", path("plugins/motion.ts"), "--stream_url", clip.file, ...model],
    ...["--use_case_options", '{"gate":true,"holdMs":400}'],
  ]);
  const { code, summary, records } = await run.result();
  assert.equal(code, 0);
  const { received, processed, dropped } = summary.frames;
  assert.deepEqual([received, processed + dropped.skipped], [150, 150]);
  // From 2000 to 2960 ms, and 400 ms more.
  assert.ok(processed >= 34 && processed <= 36, `${processed} frames`);
  assert.deepEqual(eventsIn(records, "motion_started").length, 1);
});

Deno.test("--no_model refuses a plugin that prepares nothing, and says why", async () => {
  const flags = ["--no_model", "--use_case", "person_vehicle_bike"];
  const { code, stderr } = await sightlineResult([...street, ...flags]);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /Cannot work without a model: the use case has no preprocess\(\).*--model_path/,
  );
});
