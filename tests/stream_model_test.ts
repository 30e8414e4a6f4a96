import assert from "node:assert/strict";
import type { StreamStatus } from "../src/stream/status.ts";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { runSystem, type SystemRun } from "./support/system_run.ts";
import { type ModelServerProcess, withModelServer } from "./support/with_model_server.ts";

/** Long enough for whatever a test does to its server; it is ended by a signal. */
const clip = { width: 480, height: 320, fps: 25, frames: 1500 };

async function runAgainst(server: ModelServerProcess, scheme: "grpc" | "http"): Promise<SystemRun> {
  const { file } = await numberedClip(clip);
  const port = scheme === "grpc" ? server.grpcPort : server.restPort;
  return await runSystem([
    ...["--stream_url", file, "--fps", "25", "--use_case", echoUseCase],
    ...["--ovms_url", `${scheme}://127.0.0.1:${port}`, "--model_name", "model"],
  ]);
}

const unavailable = ({ state }: StreamStatus) => state === "model_unavailable";
const live = ({ state }: StreamStatus) => state === "live";

for (const scheme of ["grpc", "http"] as const) {
  Deno.test(`a model server that comes late, dies, and comes back, over ${scheme}`, async () => {
    await using model = await withEchoModel();
    await using server = await withModelServer({ modelPath: model.path });
    await server.kill();
    await using run = await runAgainst(server, scheme);

    const waiting = await run.until("it waits for the model", unavailable);
    assert.match(waiting.detail ?? "", new RegExp(`127\\.0\\.0\\.1:`));
    assert.equal(waiting.frames.received, 0, "no camera is read for a model that is not there");
    await server.restart();
    await run.until("it is live", live);
    await run.more(5);

    await server.kill();
    const away = await run.until(
      "frames are counted as error",
      (status) => unavailable(status) && status.frames.dropped.error >= 10,
    );
    assert.match(away.detail ?? "", /127\.0\.0\.1:/);
    await server.restart();
    await run.more(1, 1500);
    await run.until("it is live again", live);
    await run.more(10);

    const { stderr, summary, records } = await run.end();
    assert.ok(summary.frames.dropped.error >= 10, Deno.inspect(summary));
    assert.ok(records.every(({ sequence, data }) => {
      return (data as { number: number }).number === sequence;
    }));
    const lines = stderr.split("\n").filter((line) => line.includes("- inference -"));
    // Once for each of the two times it was away, and once when it was back; not once a frame.
    assert.ok(lines.filter((line) => line.includes("WARNING")).length <= 3, stderr);
    assert.equal(lines.filter((line) => line.includes("answers again")).length, 2, stderr);
  });

  Deno.test(`a model server that freezes for 4 s, over ${scheme}`, async () => {
    await using model = await withEchoModel();
    await using server = await withModelServer({ modelPath: model.path });
    await using run = await runAgainst(server, scheme);
    await run.more(20);

    Deno.kill(server.pid, "SIGSTOP");
    const frozenAt = performance.now();
    const stuck = await run.until("the model is seen to hang", unavailable);
    assert.match(stuck.detail ?? "", /127\.0\.0\.1:/);
    const { dropped } = (await run.until(
      "4 s have passed",
      () => performance.now() - frozenAt >= 4000,
    )).frames;
    const { queue_full, too_old, error } = dropped;
    assert.ok(queue_full + too_old + error >= 50, Deno.inspect(dropped));
    Deno.kill(server.pid, "SIGCONT");
    const thawedAt = Date.now();
    await run.more(1, 2000);
    await run.until("2 s have passed", () => Date.now() - thawedAt >= 2000);

    const { stderr, records, summary } = await run.end();
    assert.ok(records.every(({ age_ms }) => age_ms <= 1000), Deno.inspect(summary));
    // A second after the stall, results are as young as before it.
    const later = records.filter(({ captured_at }) => Date.parse(captured_at) > thawedAt + 1000);
    const ages = later.map(({ age_ms }) => age_ms);
    assert.ok(ages.length >= 15 && ages.every((age) => age < 300), `${ages} ms`);
    const lines = stderr.split("\n").filter((line) => /- inference - WARNING/.test(line));
    assert.ok(lines.length >= 1 && lines.length <= 3, stderr);
  });
}
