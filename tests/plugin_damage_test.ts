/** What a hostile plugin does to the rest of the process, in the real program. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { getLogger } from "@logtape/logtape";
import { runApp } from "../src/app/run_app.ts";
import { readCommandLine } from "../src/cli/command_line.ts";
import type { StreamConfig } from "../src/stream/settings.ts";
import { sightlineResult } from "./support/run_sightline.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const clip = join(root, "demo/street.mp4");
const base = ["--stream_url", clip, "--model_path", join(root, "demo/person_vehicle_bike.onnx")];
const exhaust = (options: object) => [
  ...["--use_case", join(root, "tests/hostile/exhaust.js")],
  ...["--use_case_options", JSON.stringify({ method: "postprocess", ...options })],
  ...["--plugin_timeout_ms", "300"],
];

// What the Worker host does not hold is said in docs/security.md; this is what it does instead.
Deno.test("worker host: a use case that spins goes on in a process of its own, and the end is in time", async () => {
  const { code, stdout, stderr } = await sightlineResult([
    ...[...base, ...exhaust({ way: "spin" }), "--sink", "stdout", "--isolation", "worker"],
    ...["--limit_duration", "6"],
  ]);
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    / - exhaust - ERROR - Use case exhaust took longer than \d+ ms in postprocess\(\)(, computing)?; its Worker is ended, but (a loop in it would keep|the loop in it keeps) a core busy until Sightline ends; from now on it runs in a process of its own\n/,
  );
  assert.match(stderr, / - exhaust - WARNING - It started again after \d+ ms/);
  const last = JSON.parse(stdout.trim().split("\n").at(-1)!);
  assert(last.sequence > 10, `the last record is of frame ${last.sequence}`);
});

Deno.test("worker host: a use case without end of memory ends the process, with a word", async () => {
  const { code, stderr } = await sightlineResult(
    [...base, ...exhaust({ way: "heap" }), "--isolation", "worker"],
    { env: { DENO_V8_FLAGS: "--max-old-space-size=200" } },
  );
  assert.notEqual(code, 0);
  assert.match(stderr, /out of memory/i);
});

async function streamConfig(args: string[]): Promise<StreamConfig> {
  const commandLine = await readCommandLine(args);
  if (commandLine.kind !== "right") throw new Error(JSON.stringify(commandLine));
  return commandLine.config.streams[0]!;
}

for (const way of ["spin", "heap", "buffers", "never"]) {
  Deno.test(`process host: beside a use case that does ${way}, a live stream loses no frame`, async () => {
    const frames = 12;
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const url = `rtsp://127.0.0.1:${port}/live`;
    const good = await streamConfig([
      ...["--stream_url", url, "--rtsp_listen", "--stream_name", "good"],
      // So few that a busy machine alone costs none of them.
      ...[...base.slice(2), "--fps", "2", "--max_frame_age_ms", "5000"],
    ]);
    const bad = await streamConfig([
      ...[...base, ...exhaust({ way }), "--isolation", "process", "--stream_name", "bad"],
      ...["--plugin_memory_mb", "256"],
    ]);
    const commandLine = await readCommandLine([...base, "--limit_frames", String(frames)]);
    if (commandLine.kind !== "right") throw new Error("the base is wrong");
    const ended = new AbortController();
    const camera = (async () => {
      // Again until somebody listens, as a camera would.
      while (!ended.signal.aborted) {
        await new Deno.Command("ffmpeg", {
          args: ["-v", "quiet", "-nostdin", "-re", "-i", clip, "-c", "copy", "-f", "rtsp", url],
          stdin: "null",
          stdout: "null",
          stderr: "null",
          signal: ended.signal,
        }).output();
      }
    })();
    const { exitCode, message, summaries } = await runApp(
      { ...commandLine.config, streams: [good, bad] },
      getLogger(["test"]),
      { signal: new AbortController().signal },
    );
    ended.abort();
    await camera;
    assert.equal(exitCode, 0, message ?? "");
    // It did harm: at least that frame is lost to it.
    assert(summaries[1]!.frames.dropped.error > 0, JSON.stringify(summaries[1]));
    const { received, processed } = summaries[0]!.frames;
    assert.deepEqual({ received, processed }, { received: frames, processed: frames });
  });
}
