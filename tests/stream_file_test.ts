import assert from "node:assert/strict";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { poll } from "./support/poll.ts";
import { runSystem } from "./support/system_run.ts";

const clip = { width: 480, height: 320, fps: 25, frames: 400 };
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

Deno.test("a file without --fps: every picture becomes a record, in order, however slow the use case", async () => {
  const { file } = await numberedClip(clip);
  await using model = await withEchoModel();
  await using run = await runSystem([
    ...["--stream_url", file, "--model_path", model.path, "--use_case", echoUseCase],
    // Far slower than ffmpeg, and than the buffer is long; nothing is ever too old.
    ...["--use_case_options", '{"takesMs":4}', "--buffer_size", "7", "--max_frame_age_ms", "20"],
  ]);
  const { code, summary, records } = await run.result();
  assert.equal(code, 0);
  assert.deepEqual(summary.frames, {
    received: 400,
    processed: 400,
    dropped: { queue_full: 0, too_old: 0, skipped: 0, no_answer: 0, error: 0 },
    in_flight: 0,
  });
  assert.deepEqual(records.map(({ sequence }) => sequence), numbers(400));
  // What the model answered belongs to the frame it is said of.
  assert.deepEqual(records.map(({ data }) => data), numbers(400).map((number) => ({ number })));
  assert.deepEqual(records.map(({ pts_ms }) => pts_ms), numbers(400).map((i) => i * 40));
});

Deno.test("--limit_frames N: N frames are read, and each becomes a record", async () => {
  const { file } = await numberedClip(clip);
  await using model = await withEchoModel();
  await using run = await runSystem([
    ...["--stream_url", file, "--model_path", model.path, "--use_case", echoUseCase],
    ...["--limit_frames", "53"],
  ]);
  const { code, records, summary } = await run.result();
  assert.equal(code, 0);
  assert.deepEqual(records.map(({ sequence }) => sequence), numbers(53));
  assert.equal(summary.frames.received, 53);
});

Deno.test("--limit_duration: ends in time, and what was read by then is finished, none dropped", async () => {
  const { file } = await numberedClip(clip);
  await using model = await withEchoModel();
  await using run = await runSystem([
    ...["--stream_url", file, "--model_path", model.path, "--use_case", echoUseCase],
    // All 400 pictures would take 16 s, and those read ahead longer than a signal would give them.
    ...["--use_case_options", '{"takesMs":40}', "--limit_duration", "1s"],
    ...["--inference_executors", "16"],
  ]);
  const { code, records, summary } = await run.result();
  assert.equal(code, 0);
  const { received, processed } = summary.frames;
  assert.deepEqual([processed, records.length], [received, received], Deno.inspect(summary));
  assert.ok(received > 30 && received < 200, `${received} frames`);
  assert.deepEqual(records.map(({ sequence }) => sequence), numbers(received));
  assert.ok(summary.duration_s < 12, `${summary.duration_s} s`);
});

Deno.test("a sink that takes nothing for a while keeps no other waiting and loses no record", async () => {
  const { file } = await numberedClip(clip);
  await using model = await withEchoModel();
  const folder = await Deno.makeTempDir();
  const fifo = `${folder}/fifo`;
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  // The pipe holds 64 KiB, some thirty of these records; it is read when Sightline has them all.
  const reading = Promise.withResolvers<void>();
  const lines = (async () => {
    using pipe = await Deno.open(fifo);
    await reading.promise;
    return await new Response(pipe.readable).text();
  })();
  await using run = await runSystem([
    ...["--stream_url", file, "--model_path", model.path, "--use_case", echoUseCase],
    ...["--sink", `jsonl:${fifo}`, "--use_case_options", '{"padding":2000}'],
  ]);
  const lines400 = () => run.process.stderr.split("For 100 received frames").length - 1 === 4;
  await poll("all pictures are read", lines400, 30_000);
  reading.resolve();
  const { code, records } = await run.result();
  assert.equal(code, 0);
  const received = (await lines).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  assert.deepEqual(received, records);
  assert.equal(records.length, 400);
  await Deno.remove(folder, { recursive: true });
});
