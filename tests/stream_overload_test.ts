import assert from "node:assert/strict";
import { median } from "../bench/sample.ts";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { runSystem } from "./support/system_run.ts";
import { withModelServer } from "./support/with_model_server.ts";

const fps = 25;

Deno.test("a server three times too slow: fresh results, drops evenly spread, a line a second", async () => {
  const { file } = await numberedClip({ width: 480, height: 320, fps, frames: 300 });
  await using model = await withEchoModel();
  // Four requests at once, 480 ms each: 8.3 of 25 frames a second.
  await using server = await withModelServer({ modelPath: model.path, flags: ["--slow", "1,480"] });
  await using run = await runSystem([
    ...["--stream_url", file, "--fps", `${fps}`, "--use_case", echoUseCase],
    ...["--ovms_url", `127.0.0.1:${server.grpcPort}`, "--model_name", "model"],
  ]);
  const { stderr, summary, records } = await run.result();
  const found = Deno.inspect(summary);
  const { received, processed, dropped } = summary.frames;
  assert.equal(received, 300, found);
  assert.ok(processed >= 300 / 3 * 0.7, found);
  assert.equal(dropped.error, 0, found);
  assert.ok(dropped.queue_full > dropped.too_old, found);
  assert.ok(records.every(({ age_ms }) => age_ms <= 1000), found);

  // After a second or two that it takes to be sure, only what the server takes itself.
  const settled = records.filter(({ sequence }) => sequence > 3 * fps);
  assert.ok(median(settled.map(({ age_ms }) => age_ms)) <= 480 + 160, found);
  const gaps = settled.slice(1).map(({ sequence }, i) => sequence - settled[i]!.sequence);
  const uneven = gaps.filter((gap) => gap > 7 || gap < 1).length;
  assert.ok(uneven <= gaps.length * 0.1, `${gaps}`);

  const lines = stderr.match(/ WARNING - \d+ frames dropped: .*/g) ?? [];
  assert.ok(lines.length >= 3 && lines.length <= 14, stderr);
  assert.match(lines.at(-1) ?? "", /dropped: \d+ queue_full( and \d+ too_old)?$/);
});
