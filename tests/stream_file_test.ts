import assert from "node:assert/strict";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
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
    dropped: { queue_full: 0, too_old: 0, skipped: 0, error: 0 },
    in_flight: 0,
  });
  assert.deepEqual(records.map(({ sequence }) => sequence), numbers(400));
  // What the model answered belongs to the frame it is said of.
  assert.deepEqual(records.map(({ data }) => data), numbers(400).map((number) => ({ number })));
  assert.deepEqual(records.map(({ pts_ms }) => pts_ms), numbers(400).map((i) => i * 40));
});
