import assert from "node:assert/strict";
import type { AnalysisRecord } from "../src/sink/record.ts";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";
import { runSystem } from "./support/system_run.ts";
import { withModelServer } from "./support/with_model_server.ts";

const size = { width: 480, height: 320 };

Deno.test("1 request in 25 takes 3 s at 12.5 fps: the others are neither held back nor lost", async () => {
  const { file } = await numberedClip({ ...size, fps: 12.5, frames: 150 });
  await using model = await withEchoModel();
  await using server = await withModelServer({
    modelPath: model.path,
    flags: ["--slow", "25,3000"],
  });
  await using run = await runSystem([
    ...["--stream_url", file, "--fps", "12.5", "--use_case", echoUseCase],
    ...["--ovms_url", `127.0.0.1:${server.grpcPort}`, "--model_name", "model"],
  ]);
  const { code, stderr, summary, records } = await run.result();
  assert.equal(code, 0);
  const { received, processed, dropped } = summary.frames;
  const found = Deno.inspect(summary);
  assert.equal(received, 150, found);
  assert.deepEqual(
    dropped,
    { queue_full: 0, too_old: 6, skipped: 0, no_answer: 0, error: 0 },
    found,
  );
  assert.equal(processed, 144, found);
  // 12.5 a second less one in 25 is 12.
  assert.ok(summary.fps >= 11, found);
  assert.ok(records.every(({ age_ms }) => age_ms <= 1000), found);
  assertPaired(records);
  // One answer is slow, the server is not away.
  assert.doesNotMatch(stderr, /Cannot finish requests/);
});

Deno.test("answers that come out of order leave in frame order", async () => {
  const { file } = await numberedClip({ ...size, fps: 25, frames: 150 });
  await using model = await withEchoModel();
  await using server = await withModelServer({ modelPath: model.path, flags: ["--slow", "3,100"] });
  await using run = await runSystem([
    ...["--stream_url", file, "--fps", "25", "--use_case", echoUseCase],
    ...["--ovms_url", `127.0.0.1:${server.grpcPort}`, "--model_name", "model"],
  ]);
  const { summary, records } = await run.result();
  const found = Deno.inspect(summary);
  assert.equal(summary.frames.processed, 150, found);
  // A frame comes every 40 ms: while the slow one waits for its 100, others are answered.
  assert.ok(summary.inference_ms.p50 < 60 && summary.inference_ms.p95 >= 100, found);
  assertPaired(records);
});

Deno.test({
  name: `a slow camera's result is as old as one frame${rtspReason}`,
  ignore: rtspServerMissing,
}, async () => {
  await using camera = await startRtspServer({
    clips: { slow: await numberedClip({ ...size, fps: 1, frames: 30 }) },
  });
  await using model = await withEchoModel();
  await using run = await runSystem([
    ...["--stream_url", camera.url("slow"), "--use_case", echoUseCase],
    ...["--model_path", model.path, "--limit_frames", "7"],
  ]);
  const { code, summary, records } = await run.result();
  assert.equal(code, 0);
  assert.ok(summary.frames.processed >= 5, Deno.inspect(summary));
  // The first frames come when the camera's delay is known, and may be old.
  const ages = records.slice(2).map(({ age_ms }) => age_ms);
  assert.ok(ages.every((age) => age < 300), `${ages} ms`);
});

/** What the model answered belongs to the frame it is said of, in a file that loses none. */
function assertPaired(records: readonly AnalysisRecord[]): void {
  for (const { sequence, data } of records) assert.deepEqual(data, { number: sequence });
}
