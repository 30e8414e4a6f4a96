/** A secondary model looks at what the first one found, in the full-size picture of that frame. */

import { collectLog } from "./support/log_lines.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { App } from "../src/app/app.ts";
import { resolveConfig } from "../src/config/resolve_config.ts";
import type { AnalysisRecord } from "../src/sink/record.ts";
import { numberedClip } from "./support/clips.ts";
import { freePort } from "./support/free_port.ts";
import { encodeOnnx } from "./support/onnx_model.ts";
import { assertLedger } from "./support/system_run.ts";
import { withModelFile } from "./support/with_model_file.ts";
import {
  rtspReason,
  rtspServerMissing as ignore,
  startRtspServer,
} from "./support/with_rtsp_server.ts";

const clip = { width: 960, height: 320, fps: 25, frames: 100 };
const support = (name: string) => fileURLToPath(new URL(`support/${name}`, import.meta.url));

interface Run {
  readonly records: readonly AnalysisRecord[];
  readonly lines: readonly string[];
  /** What became of the detections. */
  readonly counts: unknown;
}

/** Runs to the end of the source or for so many frames. */
async function run(
  url: string,
  secondary: Record<string, unknown>,
  { tracks = false, frames = 60, ...settings }: Record<string, unknown> = {},
): Promise<Run> {
  const directory = await Deno.makeTempDir();
  const sink = join(directory, "records.jsonl");
  const { config, problems } = resolveConfig({
    process: { limit_frames: frames, visualizer_port: 0 },
    streams: [{
      stream_url: url,
      no_model: true,
      use_case: support("bars_use_case.ts"),
      use_case_options: { tracks },
      sink: [`jsonl:${sink}`],
      secondary: { use_case: support("brightness_use_case.ts"), padding: 0, ...secondary },
      ...settings,
    }],
  });
  assert.ok(config !== null, JSON.stringify(problems));
  using log = collectLog("plugin");
  const { logger, levelled: lines } = log;
  try {
    const app = await App.open(config, logger);
    let counts: unknown;
    {
      await using _app = app;
      const never = new AbortController().signal;
      await app.run(never, never);
      counts = app.statuses[0]?.secondary;
    }
    assert.deepEqual(app.failures, []);
    for (const { frames } of app.summaries) {
      assertLedger(frames);
      assert.equal(frames.in_flight, 0);
    }
    const text = await Deno.readTextFile(sink);
    return { records: text.trim().split("\n").map((line) => JSON.parse(line)), lines, counts };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function withMeans(): ReturnType<typeof withModelFile> {
  return withModelFile(
    "means",
    encodeOnnx({
      inputs: { picture: ["FP32", [1, 3, 16, 16]] },
      outputs: { means: ["FP32", [1, 3, 1, 1]] },
      nodes: [{ op: "GlobalAveragePool", inputs: ["picture"], outputs: ["means"] }],
    }),
  );
}

/** Detections with what the secondary model said; each that has an answer must have the right one. */
function answers({ records }: Run): number {
  let count = 0;
  for (const { data, detections } of records) {
    const { number } = data as { number: number };
    for (const { label_id, secondary } of detections) {
      if (secondary === undefined) continue;
      count++;
      const [said] = secondary.classifications!;
      const expected = number >> label_id & 1 ? "bright" : "dark";
      assert.equal(said?.label, expected, `bar ${label_id} of picture ${number}`);
      assert.equal(secondary.use_case, "brightness_use_case");
    }
  }
  return count;
}

Deno.test("every detection of a file has the answer to its own part of its own picture", async () => {
  await using model = await withMeans();
  const { file } = await numberedClip(clip);
  const result = await run(file, { model_path: model.path });
  assert.equal(result.records.length, 60);
  assert.equal(answers(result), 4 * 60);
  assert.deepEqual(result.records.map(({ sequence }) => sequence), result.records.map((_, i) => i));
});

Deno.test("max_crops, labels and min_confidence choose what is looked at", async () => {
  await using model = await withMeans();
  const { file } = await numberedClip(clip);
  const chosen = async (secondary: Record<string, unknown>) => {
    const { records } = await run(file, { model_path: model.path, ...secondary });
    return records.at(-1)!.detections.flatMap(({ label, secondary }) => secondary ? [label] : []);
  };
  assert.deepEqual(await chosen({ max_crops: 2 }), ["bar0", "bar1"]);
  assert.deepEqual(await chosen({ labels: ["bar3"] }), ["bar3"]);
  assert.deepEqual(await chosen({ min_confidence: 0.95 }), []);
});

Deno.test(
  { name: `a camera's detections have their answers, in order and in time${rtspReason}`, ignore },
  async () => {
    await using model = await withMeans();
    await using server = await startRtspServer({ clips: { a: await numberedClip(clip) } });
    const result = await run(server.url("a"), { model_path: model.path }, { frames: 100 });
    const sequences = result.records.map(({ sequence }) => sequence);
    assert.deepEqual(sequences, sequences.toSorted((a, b) => a - b));
    assert.ok(answers(result) >= 4 * 50, `${answers(result)} answers`);
    assert.ok(result.records.every(({ age_ms }) => age_ms <= 1100));
  },
);

Deno.test(
  { name: `a secondary model that is too slow costs a camera no record${rtspReason}`, ignore },
  async () => {
    await using model = await withMeans();
    await using server = await startRtspServer({ clips: { a: await numberedClip(clip) } });
    const slow = { model_path: model.path, use_case_options: { takesMs: 150 } };
    const result = await run(server.url("a"), slow, { frames: 100, max_frame_age_ms: 800 });
    answers(result);
    const sequences = result.records.map(({ sequence }) => sequence);
    assert.deepEqual(sequences, sequences.map((_, index) => index), "none is missing");
    const oldest = Math.max(...result.records.map(({ age_ms }) => age_ms));
    assert.ok(oldest <= 900, `${oldest} ms`);
    assert.match(
      result.lines.join("\n"),
      /went out without the secondary model, last: it is too slow/,
    );
  },
);

Deno.test("an object that is followed is looked at again only when that is due", async () => {
  await using model = await withMeans();
  const { file } = await numberedClip(clip);
  const { records } = await run(
    file,
    { model_path: model.path, refresh_ms: 1_000_000 },
    { tracks: true },
  );
  const said = records.map(({ detections }) =>
    detections.map(({ secondary }) => secondary?.classifications?.[0]?.label).join()
  );
  // Those that were looked at side by side in the beginning may differ.
  assert.equal(new Set(said.slice(8)).size, 1, said.join(" "));
  assert.match(said[8]!, /^(bright|dark)(,(bright|dark)){3}$/);
});

Deno.test("a secondary model that is away costs no record, and is told of once", async () => {
  const { file } = await numberedClip(clip);
  const ovms_url = `127.0.0.1:${freePort()}`;
  const { records, lines, counts } = await run(file, { ovms_url, model_name: "m" });
  assert.equal(records.length, 60);
  assert.ok(records.every(({ detections }) => detections.every((one) => !one.secondary)));
  const told = lines.filter((line) => line.includes("records go out without"));
  assert.equal(told.length, 1, lines.join("\n"));
  assert.deepEqual(counts, { asked: 0, reused: 0, missed: 4 * 60 });
});
