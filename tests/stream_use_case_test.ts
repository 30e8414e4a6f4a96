import assert from "node:assert/strict";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import type { EchoOptions } from "./support/echo_use_case.ts";
import { runSystem } from "./support/system_run.ts";

const clip = { width: 480, height: 320, fps: 25, frames: 60 };

/** What it does, and what the log says of it; nothing of a frame that it skips. */
const cases: [how: NonNullable<EchoOptions["everyThird"]>, words: RegExp | null][] = [
  ["preprocess_throws", /no third before/],
  ["postprocess_throws", /no third after/],
  ["skipped", null],
  ["nan_box", /detections\[0\]\.box\.x is NaN, allowed is a finite number/],
  ["cyclic_data", /is it part of itself/],
  ["no_object", /postprocess returned number/],
];

for (const [how, words] of cases) {
  Deno.test(`a use case that misbehaves on every third frame costs just these: ${how}`, async () => {
    const { file } = await numberedClip(clip);
    await using model = await withEchoModel();
    await using run = await runSystem([
      ...["--stream_url", file, "--fps", "25", "--use_case", echoUseCase],
      ...["--model_path", model.path, "--use_case_options", JSON.stringify({ everyThird: how })],
    ]);
    const { code, stderr, summary, records } = await run.result();
    assert.equal(code, 0);
    const none = { queue_full: 0, too_old: 0, skipped: 0, no_answer: 0, error: 0 };
    assert.deepEqual(summary.frames, {
      received: 60,
      processed: 40,
      dropped: { ...none, [words === null ? "skipped" : "error"]: 20 },
      in_flight: 0,
    });
    assert.ok(records.every(({ sequence, data }) => {
      return sequence % 3 !== 2 && (data as { number: number }).number === sequence;
    }));
    const lines = stderr.split("\n").filter((line) => line.includes("The use case failed on"));
    const failures = lines.map((line) => Number(/failed on (\d+) frames/.exec(line)?.[1]));
    assert.equal(
      failures.reduce((sum, count) => sum + count, 0),
      words === null ? 0 : 20,
      stderr,
    );
    // The clip lasts 2.4 s: one at once, one after each second, one at the end.
    assert.ok(lines.length <= 4, stderr);
    for (const line of lines) assert.match(line, words!);
  });
}
