import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { ProcessGuard } from "../src/process_guard.ts";
import { SharedDecode } from "../src/source/shared_decode.ts";
import { frameNumber } from "./support/clips.ts";
import { startSnapshotCamera } from "./support/http_camera.ts";
import { runSystem } from "./support/system_run.ts";
import { framesOf, small, sourceConfig } from "./support/with_source.ts";

for (const path of ["snapshot", "cgi-bin/snap.jpg?channel=1"]) {
  Deno.test(`/${path} that answers with one JPEG is asked again and again, as often as wanted`, async () => {
    await using camera = await startSnapshotCamera(path);
    const numbers: number[] = [];
    const captured: number[] = [];
    for await (const frame of framesOf({ url: camera.url, fps: 4 })) {
      numbers.push(frameNumber(frame.data, small.width!, small.height!, 1));
      captured.push(frame.capturedAtMs);
      if (numbers.length === 10) break;
    }
    // Each picture that the camera was asked for is a frame.
    assert.deepEqual(numbers, numbers.map((_, index) => index));
    const stepMs = (captured.at(-1)! - captured[3]!) / 6;
    assert.ok(Math.abs(stepMs - 250) < 50, `${stepMs} ms`);
  });
}

Deno.test("use cases that share a camera of single pictures see the same ones", async () => {
  await using camera = await startSnapshotCamera();
  await using guard = new ProcessGuard();
  const config = { ...sourceConfig, url: camera.url, fps: 5 };
  const logger = getLogger(["test"]);
  await using decode = new SharedDecode({ camera: "snap", config, logger, guard });
  const seen = await Promise.all(["a", "b"].map(async (stream) => {
    using subscription = decode.subscribe(stream);
    const numbers: number[] = [];
    for await (const frame of subscription.open(small).frames(new AbortController().signal)) {
      numbers.push(frameNumber(frame.data, small.width!, small.height!, 1));
      if (numbers.length === 6) return numbers;
    }
    return numbers;
  }));
  assert.equal(seen[0]!.length, 6);
  assert.deepEqual(seen[0], seen[1]);
});

Deno.test("a camera of single pictures is live once, and its frames are fresh", async () => {
  await using camera = await startSnapshotCamera();
  await using run = await runSystem([
    ...["--stream_url", camera.url, "--no_model", "--use_case", "plugins/motion.ts"],
    ...["--limit_duration", "5s"],
  ]);
  const { stderr, summary, records } = await run.result();
  assert.equal(stderr.match(/ is live/g)?.length, 1, stderr);
  assert.doesNotMatch(stderr, /Cannot|WARN/);
  assert.equal(summary.frames.processed, summary.frames.received, stderr);
  // Asked for when its time had come, not a second before.
  assert.ok(records.every(({ age_ms }) => age_ms < 800), `${records.map(({ age_ms }) => age_ms)}`);
  // Once a second unless --fps says otherwise.
  assert.ok(records.length >= 3 && records.length <= 7, `${records.length}`);
  // ffmpeg 7 and later ask two ahead.
  assert.ok(camera.requests <= records.length + 3, `${camera.requests} requests`);
});
