/** Two use cases of one camera, each with its model and picture size, on one decode. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { App } from "../src/app/app.ts";
import type { ResolvedConfig } from "../src/config/resolve_config.ts";
import type { AnalysisRecord } from "../src/sink/record.ts";
import { numberedClip } from "./support/clips.ts";
import { configOf } from "./support/config_of.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { poll } from "./support/poll.ts";
import { descendants, procMissing } from "./support/processes.ts";
import { assertNoneLost } from "./support/system_run.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";

const clip = { width: 480, height: 320, fps: 10, frames: 100 };
/** The motion plugin takes 160×90 grey, the echo model 48×16 in colour. */
function camera(
  directory: string,
  stream_url: string,
  model_path: string,
  names: readonly ("door.motion" | "door.echo")[],
): ResolvedConfig {
  const echo = { no_model: false, model_path, use_case: echoUseCase };
  const streams = names.map((name) => [name, {
    sink: [`jsonl:${join(directory, name)}.jsonl`],
    ...name === "door.echo" && echo,
  }]);
  const process = { visualizer_port: 0 };
  return configOf(Object.fromEntries(streams), { process, shared: { stream_url }, camera: "door" });
}

Deno.test({
  name: `two use cases of a camera share one decode, come back, and part again${rtspReason}`,
  ignore: rtspServerMissing || procMissing,
}, async () => {
  await using server = await startRtspServer({ clips: { a: await numberedClip(clip) } });
  await using model = await withEchoModel();
  const directory = await Deno.makeTempDir();
  const records = async (stream: string): Promise<AnalysisRecord[]> => {
    const text = await Deno.readTextFile(`${join(directory, stream)}.jsonl`).catch(() => "");
    return text.split("\n").filter((line) => line.endsWith("}")).map((line) => JSON.parse(line));
  };
  const more = async (stream: string, count = 20) => {
    const from = (await records(stream)).length;
    const enough = async () => (await records(stream)).length >= from + count;
    await poll(`${count} more records of ${stream}`, enough, 60_000);
  };
  const ffmpegs = () => descendants(Deno.pid).filter(({ name }) => name === "ffmpeg");
  const stop = new AbortController();
  const names = ["door.motion", "door.echo"] as const;
  const app = await App.open(
    camera(directory, server.url("a"), model.path, names),
    getLogger(["test"]),
  );
  try {
    await using _app = app;
    const running = app.run(stop.signal, new AbortController().signal);
    await Promise.all(names.map((name) => more(name)));
    const [ffmpeg, another] = ffmpegs();
    assert.equal(another, undefined, "one ffmpeg");
    await poll("ten records of the same frames", async () => {
      const [motion, echo] = await Promise.all(names.map((name) => records(name)));
      const echoed = new Map(echo!.map(({ sequence, pts_ms }) => [sequence, pts_ms]));
      const together = motion!.filter(({ sequence }) => echoed.has(sequence));
      for (const { sequence, pts_ms } of together) assert.equal(echoed.get(sequence), pts_ms);
      return together.length >= 10;
    }, 60_000);

    Deno.kill(ffmpeg!.pid, "SIGKILL");
    await Promise.all(names.map((name) => more(name)));
    assert.equal(ffmpegs().length, 1, "one ffmpeg again");

    await app.apply(camera(directory, server.url("a"), model.path, ["door.echo"]));
    await more("door.echo");
    stop.abort();
    await running;
  } finally {
    const all = await Promise.all(names.map((name) => records(name)));
    await Deno.remove(directory, { recursive: true });
    const framesOf = new Map(app.summaries.map(({ stream, frames }) => [stream, frames]));
    for (const [index, name] of names.entries()) {
      const frames = framesOf.get(name);
      if (frames) assertNoneLost(all[index]!.map(({ sequence }) => sequence), frames);
    }
  }
  assert.deepEqual(app.failures, []);
  assert.deepEqual(app.summaries.map(({ stream }) => stream).sort(), names.toSorted());
});
