/** What a collector of OpenTelemetry traces gets of a real run. */

import assert from "node:assert/strict";
import type { AnalysisRecord } from "../src/sink/record.ts";
import { numberedClip } from "./support/clips.ts";
import { sightlineResult } from "./support/run_sightline.ts";
import { type ReceivedSpan, withOtlpReceiver } from "./support/with_otlp_receiver.ts";

const thirds = new URL("./support/thirds_use_case.ts", import.meta.url).pathname;
const steps = ["decode", "queue", "preprocess", "infer", "order", "postprocess", "sink"];

/** Runs ten frames of a clip; every third is skipped by the use case. */
async function trace(
  share: string,
  env: Record<string, string>,
): Promise<{ readonly records: AnalysisRecord[]; readonly stderr: string }> {
  const clip = await numberedClip({ width: 320, height: 180, fps: 25, frames: 500 });
  const { code, stdout, stderr } = await sightlineResult([
    ...["--stream_url", clip.file, "--stream_name", "door", "--no_model", "--use_case", thirds],
    ...["--sink", "stdout", "--limit_frames", "10", "--trace_sample", share],
  ], { env });
  assert.equal(code, 0, stderr);
  return { records: stdout.trim().split("\n").map((line) => JSON.parse(line)), stderr };
}

function childrenOf(root: ReceivedSpan, spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  return spans.filter(({ parentSpanId }) => parentSpanId === root.spanId)
    .sort((a, b) => steps.indexOf(a.name) - steps.indexOf(b.name));
}

Deno.test("each sampled frame is a trace whose steps add up to the record's age", async () => {
  await withOtlpReceiver(async (env, spans) => {
    const { records } = await trace("1", env);
    const roots = spans.filter(({ name }) => name === "frame");
    assert.equal(roots.length, 10);
    assert.equal(new Set(roots.map(({ traceId }) => traceId)).size, 10);
    assert.ok(records.length >= 6);
    for (const { sequence, captured_at, age_ms } of records) {
      const root = roots.find(({ attributes }) => attributes["sightline.sequence"] === sequence)!;
      assert.deepEqual([root.parentSpanId, root.events], ["", ["demux"]]);
      assert.deepEqual(root.attributes, {
        "sightline.stream": "door",
        "sightline.sequence": sequence,
      });
      const children = childrenOf(root, spans);
      assert.deepEqual(children.map(({ name }) => name), steps);
      assert.ok(children.every(({ traceId }) => traceId === root.traceId));
      // The record tells whole milliseconds.
      assert.ok(Math.abs(root.startMs - Date.parse(captured_at)) <= 1, Deno.inspect(root));
      let endMs = root.startMs;
      for (const child of children) {
        assert.ok(
          Math.abs(child.startMs - endMs) < 0.01,
          `${child.name} begins where the last ends`,
        );
        assert.ok(child.endMs >= child.startMs, child.name);
        endMs = child.endMs;
      }
      assert.ok(endMs <= root.endMs + 0.01);
      // The age is taken just before the sinks.
      const sink = children.at(-1)!;
      const ageMs = sink.startMs - root.startMs;
      assert.ok(Math.abs(ageMs - age_ms) <= 3, `${ageMs} ms in the trace, ${age_ms} in the record`);
    }
  });
});

Deno.test("a dropped frame's trace says why, and ends where the frame did", async () => {
  await withOtlpReceiver(async (env, spans) => {
    await trace("1", env);
    const skipped = spans.filter(({ name, attributes }) =>
      name === "frame" && attributes["sightline.drop_reason"] === "skipped"
    );
    const sequences = skipped.map(({ attributes }) => attributes["sightline.sequence"]);
    assert.deepEqual(sequences.toSorted(), [2, 5, 8]);
    for (const root of skipped) {
      const names = childrenOf(root, spans).map(({ name }) => name);
      assert.deepEqual(names, ["decode", "queue", "preprocess"]);
    }
  });
});

Deno.test("no frame is traced unless it was asked for", async () => {
  await withOtlpReceiver(async (env, spans) => {
    await trace("0", env);
    assert.deepEqual(spans, []);
  });
});

Deno.test("--trace_sample without OTEL_DENO says that nothing is exported", async () => {
  const { stderr } = await trace("0.5", {});
  assert.match(stderr, /WARNING - No trace is exported .* OTEL_DENO=true/);
});
