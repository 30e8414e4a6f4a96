import assert from "node:assert/strict";
import type { AnalysisRecord } from "../src/sink/record.ts";
import { median } from "../bench/sample.ts";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { descendants, procMissing } from "./support/processes.ts";
import { runSystem, type SystemRun } from "./support/system_run.ts";
import { type ModelServerProcess, withModelServer } from "./support/with_model_server.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";

const fps = 25;
const stopMs = 5000;

/** Who is stopped; the camera goes on meanwhile. */
const stopped: Record<string, (run: SystemRun, server: ModelServerProcess) => number[]> = {
  "Sightline and its ffmpeg": ({ process: { pid } }) => [
    pid,
    ...descendants(pid).filter(({ name }) => name === "ffmpeg").map(({ pid }) => pid),
  ],
  "Sightline alone": ({ process: { pid } }) => [pid],
  "ffmpeg alone": ({ process: { pid } }) =>
    descendants(pid).filter(({ name }) => name === "ffmpeg").map(({ pid }) => pid),
  "the model server": (_run, { pid }) => [pid],
};

for (const [who, pidsOf] of Object.entries(stopped)) {
  Deno.test({
    name: `${who} stopped for 5 s: results are as fresh as before within a second${rtspReason}`,
    ignore: rtspServerMissing || procMissing,
  }, async () => {
    const clip = await numberedClip({ width: 480, height: 320, fps, frames: 1500 });
    await using camera = await startRtspServer({ clips: { a: clip } });
    await using model = await withEchoModel();
    await using server = await withModelServer({ modelPath: model.path });
    await using run = await runSystem([
      ...["--stream_url", camera.url("a"), "--use_case", echoUseCase],
      ...["--ovms_url", `127.0.0.1:${server.grpcPort}`, "--model_name", "model"],
    ]);
    await run.more(4 * fps);
    const before = await run.records();
    const pids = pidsOf(run, server);
    assert.ok(pids.length > 0);
    for (const pid of pids) Deno.kill(pid, "SIGSTOP");
    try {
      await new Promise((resolve) => setTimeout(resolve, stopMs));
    } finally {
      for (const pid of pids) Deno.kill(pid, "SIGCONT");
    }
    const wokenAtMs = Date.now();
    await run.more(4 * fps);
    const { records, summary } = await run.end();

    // The camera sends frame n at a time that we learn from the promptest one.
    const zeroMs = Math.min(...before.map((record) => recordedAtMs(record) - sentAfterMs(record)));
    const ageMs = (record: AnalysisRecord) => recordedAtMs(record) - sentAfterMs(record) - zeroMs;
    const after = records.slice(before.length);
    const found = Deno.inspect(summary);
    for (const record of after) {
      // It may lie over what is allowed by what passes for jitter.
      assert.ok(ageMs(record) <= 1200, `${ageMs(record)} ms old, it says ${record.age_ms} ms`);
      const error = ageMs(record) - record.age_ms;
      assert.ok(error <= 250, `${ageMs(record)} ms old, it says ${record.age_ms} ms`);
    }
    const settled = after.filter((record) => recordedAtMs(record) > wokenAtMs + 1000);
    assert.ok(settled.length >= 2 * fps, found);
    const normalMs = median(before.slice(fps).map(ageMs));
    const settledMs = median(settled.map(ageMs));
    // A few milliseconds more or less are the machine's.
    assert.ok(settledMs <= 2 * normalMs + 20, `${settledMs} ms, it was ${normalMs} ms; ${found}`);
    assert.equal(summary.frames.dropped.error, 0, found);
  });
}

function recordedAtMs({ captured_at, age_ms }: AnalysisRecord): number {
  return Date.parse(captured_at) + age_ms;
}

function sentAfterMs({ data }: AnalysisRecord): number {
  return (data as { number: number }).number * 1000 / fps;
}
