/** What a pod does when it is told to go, and when its share is empty. */

import assert from "node:assert/strict";
import { ownerOf } from "../src/config/shard.ts";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";

const clip = { width: 480, height: 320, fps: 25, frames: 1500 };

/** Milliseconds that one frame's postprocess takes: more than the default lets it take after a signal. */
const takesMs = 1500;

async function slowRun(modelPath: string, sink: string): Promise<string[]> {
  const { file } = await numberedClip(clip);
  return [
    ...["--stream_url", file, "--model_path", modelPath, "--use_case", echoUseCase],
    ...["--use_case_options", JSON.stringify({ takesMs }), "--plugin_timeout_ms", "20000"],
    ...["--inference_executors", "1", "--buffer_size", "1", "--sink", sink, "--benchmark"],
  ];
}

Deno.test("SIGTERM: with --drain_timeout_ms all frames under way become records, and the code is 0", async () => {
  await using model = await withEchoModel();
  const folder = await Deno.makeTempDir();
  try {
    const sink = `${folder}/records.jsonl`;
    const args = await slowRun(model.path, `jsonl:${sink}`);
    await using process = runSightline([...args, "--drain_timeout_ms", "60000"]);
    await process.waitForLine(/is live/);
    process.signal("SIGTERM");
    const { code, stdout, stderr } = await process.result;
    assert.equal(code, 0, stderr);
    const { frames } = JSON.parse(stdout);
    assert.ok(frames.received > 0);
    assert.equal(frames.processed, frames.received, stdout);
    const records = (await Deno.readTextFile(sink)).trim().split("\n");
    assert.equal(records.length, frames.received);
    // What sinks deduplicate by.
    for (const [index, record] of records.entries()) {
      const { stream, captured_at, sequence } = JSON.parse(record);
      assert.deepEqual([stream, sequence], ["default", index]);
      assert.match(captured_at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("SIGTERM: without it, slow frames under way are given up, and the code is 0", async () => {
  await using model = await withEchoModel();
  await using process = runSightline(await slowRun(model.path, "stdout"));
  await process.waitForLine(/is live/);
  process.signal("SIGTERM");
  const { code, stdout, stderr } = await process.result;
  assert.equal(code, 0, stderr);
  const { frames } = JSON.parse(stdout.trim().split("\n").at(-1)!);
  assert.ok(frames.processed < frames.received, stdout);
});

Deno.test("--shard: a process whose share is empty waits, and ends with code 0", async () => {
  const count = 7;
  const other = (ownerOf("default", count) + 1) % count;
  const args = [
    "--stream_url",
    "rtsp://127.0.0.1:1/x",
    "--no_model",
    "--shard",
    `sightline-${other}/${count}`,
  ];
  const ended = await sightlineResult([...args, "--limit_duration", "0.2"]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stderr, RegExp(`--shard ${other}/${count} takes none of the 1 streams`));
  await using waiting = runSightline(args);
  await waiting.waitForLine(/takes none of/);
  waiting.signal("SIGTERM");
  const { code, stderr } = await waiting.result;
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /Connecting/);
});

Deno.test("--shard: the process that owns the stream runs it", async () => {
  await using model = await withEchoModel();
  const { file } = await numberedClip({ ...clip, frames: 10 });
  const count = 7;
  const { code, stdout, stderr } = await sightlineResult([
    ...["--stream_url", file, "--model_path", model.path, "--use_case", echoUseCase],
    ...[
      "--sink",
      "stdout",
      "--limit_frames",
      "3",
      "--shard",
      `${ownerOf("default", count)}/${count}`,
    ],
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim().split("\n").length, 3);
});
