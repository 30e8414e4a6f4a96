import assert from "node:assert/strict";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { freePort } from "./support/free_port.ts";
import { runSystem, type SystemRun } from "./support/system_run.ts";
import {
  rtspReason,
  rtspServerMissing as ignore,
  startRtspServer,
} from "./support/with_rtsp_server.ts";

const clip = { width: 480, height: 320, fps: 25, frames: 250 };

async function runOn(url: string, modelPath: string, ...flags: string[]): Promise<SystemRun> {
  return await runSystem([
    ...["--stream_url", url, "--model_path", modelPath, "--use_case", echoUseCase],
    ...flags,
  ]);
}

Deno.test({
  name: `a camera that comes late, dies, and comes back with another size${rtspReason}`,
  ignore,
}, async () => {
  const wide = await numberedClip(clip);
  const square = await numberedClip({ ...clip, width: 320, frames: 251 });
  await using model = await withEchoModel();
  const port = freePort();
  await using run = await runOn(`rtsp://127.0.0.1:${port}/a`, model.path);

  const waiting = await run.until("it tries again", ({ reconnects }) => reconnects >= 1);
  assert.equal(waiting.state, "connecting");
  assert.match(waiting.detail ?? "", /connection refused/);
  {
    await using _camera = await startRtspServer({ clips: { a: wide }, port });
    await run.until("it is live", ({ state }) => state === "live");
    await run.more(20);
  }
  const away = await run.until("it reconnects", ({ state }) => state === "reconnecting");
  assert.notEqual(away.detail, null);
  await using _camera = await startRtspServer({ clips: { a: square }, port });
  await run.until("it is live again", ({ state }) => state === "live");
  await run.more(20);

  const { records, stderr } = await run.end();
  // Numbers go on over both runs of the source.
  assert.deepEqual(records.map(({ sequence }) => sequence), records.map((_, i) => i));
  // A line for each change, not one for each attempt.
  const warnings = stderr.split("\n").filter((line) => /stream_reader - WARNING/.test(line));
  assert.ok(warnings.length >= 2 && warnings.length <= 4, stderr);
  assert.match(
    stderr,
    /stream_reader - INFO - rtsp:\S+ is live after [\d.]+ s and \d+ failed attempts\n/,
  );
  assert.match(
    stderr,
    /stream_reader - INFO - rtsp:\S+ is back after [\d.]+ s and \d+ failed attempts\n/,
  );
});

Deno.test(
  { name: `a camera that freezes is stalled, then back${rtspReason}`, ignore },
  async () => {
    await using camera = await startRtspServer({ clips: { a: await numberedClip(clip) } });
    await using model = await withEchoModel();
    await using run = await runOn(camera.url("a"), model.path, "--stall_timeout_ms", "1000");
    await run.more(20);
    camera.freeze();
    const stalled = await run.until("it is stalled", ({ state }) => state === "stalled");
    assert.match(stalled.detail ?? "", /no frame for 1000 ms/);
    camera.thaw();
    await run.until("it is live", ({ state }) => state === "live");
    await run.more(20);
    const { records } = await run.end();
    const ages = records.slice(-5).map(({ age_ms }) => age_ms);
    assert.ok(ages.every((age) => age < 500), `${ages} ms`);
  },
);

Deno.test("--reconnect_limit: so many attempts in a row, then exit 1 with the reason", async () => {
  await using model = await withEchoModel();
  const url = `rtsp://user:hidden@127.0.0.1:${freePort()}/a`;
  await using run = await runOn(url, model.path, "--reconnect_limit", "2");
  const { code, stderr, summary } = await run.result();
  assert.equal(code, 1);
  assert.equal(summary.frames.received, 0);
  assert.match(stderr, /ERROR - Cannot read rtsp:\/\/user:\*\*\*@\S+: connection refused; .+\n$/);
  assert.equal(stderr.split("\n").filter((line) => line.includes("(attempt ")).length, 1, stderr);
  assert.doesNotMatch(stderr, /hidden/);
});

for (const flags of [[], ["--fps", "25"]]) {
  Deno.test(`a file that is no video ends it with exit 1 and the reason ${flags.join(" ")}`, async () => {
    await using model = await withEchoModel();
    const file = await Deno.makeTempFile({ suffix: ".mp4" });
    await Deno.writeTextFile(file, "not a video\n".repeat(99));
    await using run = await runOn(file, model.path, ...flags);
    const { code, stderr } = await run.result();
    assert.equal(code, 1);
    assert.match(stderr, /ERROR - Cannot read \S+\.mp4: it is not a video .*; .+\n$/);
    await Deno.remove(file);
  });
}

Deno.test("a file that ends in the middle of a picture: what is whole becomes a record, exit 0", async () => {
  const { elementary } = await numberedClip(clip);
  await using model = await withEchoModel();
  const file = await Deno.makeTempFile({ suffix: ".h264" });
  await Deno.writeFile(file, (await Deno.readFile(elementary)).subarray(0, -50));
  await using run = await runOn(file, model.path);
  const { code, records } = await run.result();
  assert.equal(code, 0);
  assert.ok(records.length >= 249, `${records.length} records`);
  await Deno.remove(file);
});
