import assert from "node:assert/strict";
import type { AnalysisRecord } from "../src/sink/record.ts";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { poll } from "./support/poll.ts";
import { descendants, procMissing } from "./support/processes.ts";
import { runSystem, type SystemRun } from "./support/system_run.ts";
import { type ModelServerProcess, withModelServer } from "./support/with_model_server.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";

const fps = 25;
const clipFrames = 1500;
const clipMs = clipFrames * 1000 / fps;
const stopMs = 5000;
/** By default. */
const maxFrameAgeMs = 1000;
/** Who takes no notice of the stop is wrong by all of it; what is less than half may be the machine's. */
const grossMs = stopMs / 2;
/** The promptest of many results is as fresh as the promptest before, whatever else the machine does. */
const freshMs = 100;

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
    name: `${who} stopped for 5 s: results are as fresh as before again${rtspReason}`,
    ignore: rtspServerMissing || procMissing,
  }, async () => {
    const clip = await numberedClip({ width: 480, height: 320, fps, frames: clipFrames });
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
    // The camera sends frame n at a time that we learn from the promptest one.
    const zeroMs = Math.min(...before.map((record) => recordedAtMs(record) - sentAfterMs(record)));
    const ageMs = (record: AnalysisRecord) => {
      const sinceMs = recordedAtMs(record) - sentAfterMs(record) - zeroMs;
      // The clip begins again.
      return sinceMs - Math.round(sinceMs / clipMs) * clipMs;
    };
    await poll("a result is as fresh as before", async () => {
      await run.more(fps);
      const last = (await run.records()).slice(before.length).slice(-fps);
      return last.some((record) => ageMs(record) <= freshMs);
    });
    const { records, summary } = await run.end();
    const found = Deno.inspect(summary);
    for (const record of records.slice(before.length)) {
      const words = `${ageMs(record)} ms old, it says ${record.age_ms} ms; ${found}`;
      assert.ok(ageMs(record) <= maxFrameAgeMs + grossMs, words);
      assert.ok(Math.abs(ageMs(record) - record.age_ms) <= grossMs, words);
    }
    assert.equal(summary.frames.dropped.error, 0, found);
  });
}

function recordedAtMs({ captured_at, age_ms }: AnalysisRecord): number {
  return Date.parse(captured_at) + age_ms;
}

function sentAfterMs({ data }: AnalysisRecord): number {
  return (data as { number: number }).number * 1000 / fps;
}
