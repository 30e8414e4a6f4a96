import assert from "node:assert/strict";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { freePort } from "./support/free_port.ts";
import { descendants, procMissing, procReason, survivors } from "./support/processes.ts";
import { poll } from "./support/poll.ts";
import { runSystem, type SystemRun } from "./support/system_run.ts";
import {
  rtspReason,
  rtspServerMissing as ignore,
  startRtspServer,
} from "./support/with_rtsp_server.ts";
import { withModelServer } from "./support/with_model_server.ts";
import { withHangingViewer } from "./support/with_hanging_viewer.ts";

const clip = { width: 480, height: 320, fps: 25, frames: 1500 };
const signals = ["SIGINT", "SIGTERM"] as const;

async function runOn(url: string, modelPath: string, ...flags: string[]): Promise<SystemRun> {
  return await runSystem([
    ...["--stream_url", url, "--model_path", modelPath, "--use_case", echoUseCase],
    ...flags,
  ]);
}

// `end()` checks the time, the exit code, that no process is left, and that the records are whole.

for (const signal of signals) {
  Deno.test({ name: `${signal} ends a live stream${rtspReason}`, ignore }, async () => {
    await using camera = await startRtspServer({ clips: { a: await numberedClip(clip) } });
    await using model = await withEchoModel();
    await using run = await runOn(camera.url("a"), model.path);
    await run.more(20);
    const { summary } = await run.end(signal);
    const none = { queue_full: 0, too_old: 0, skipped: 0, no_answer: 0, error: 0 };
    assert.deepEqual(summary.frames.dropped, none, "what was under way is finished");
  });

  Deno.test({
    name: `${signal} ends it while the camera is frozen and a viewer hangs${rtspReason}`,
    ignore,
  }, async () => {
    await using camera = await startRtspServer({ clips: { a: await numberedClip(clip) } });
    await using model = await withEchoModel();
    await using run = await runOn(camera.url("a"), model.path);
    await run.more(20);
    using _viewer = await withHangingViewer(run.port);
    camera.freeze();
    await nothingMoves(run);
    await run.end(signal);
  });

  for (const scheme of ["grpc", "http"] as const) {
    Deno.test(`${signal} ends it while the model server is frozen, over ${scheme}`, async () => {
      const { file } = await numberedClip(clip);
      await using model = await withEchoModel();
      await using server = await withModelServer({ modelPath: model.path });
      const port = scheme === "grpc" ? server.grpcPort : server.restPort;
      // A file that waits, and one that comes at its own pace.
      for (const pace of [[], ["--fps", "25"]]) {
        await using run = await runSystem([
          ...["--stream_url", file, "--use_case", echoUseCase, ...pace],
          ...["--ovms_url", `${scheme}://127.0.0.1:${port}`, "--model_name", "model"],
        ]);
        await run.more(5);
        Deno.kill(server.pid, "SIGSTOP");
        await nothingMoves(run);
        await run.end(signal);
        Deno.kill(server.pid, "SIGCONT");
      }
    });
  }

  Deno.test(`${signal} ends it while a model server, then a camera, accepts and never answers`, async () => {
    await using model = await withEchoModel();
    await using silent = new SilentServer();
    await using waiting = await runSystem([
      ...["--stream_url", "rtsp://127.0.0.1:1/a", "--use_case", echoUseCase],
      ...["--ovms_url", `127.0.0.1:${silent.port}`, "--model_name", "model"],
    ]);
    await silent.called(1);
    await waiting.end(signal);
    await using connecting = await runOn(`rtsp://127.0.0.1:${silent.port}/a`, model.path);
    await silent.called(2);
    await connecting.end(signal);
  });

  Deno.test(`${signal} ends it while it waits for a camera that pushes, or to try again`, async () => {
    await using model = await withEchoModel();
    const url = `rtsp://127.0.0.1:${freePort()}/a`;
    await using listening = await runOn(url, model.path, "--rtsp_listen");
    await listening.process.waitForLine(/Connecting to/);
    if (!procMissing) await poll("ffmpeg waits", () => hasFfmpeg(listening), 10_000);
    await listening.end(signal);
    await using retrying = await runOn(url, model.path);
    await retrying.process.waitForLine(/\(attempt 1;/);
    await retrying.end(signal);
  });
}

Deno.test("a second signal ends it at once, whatever is under way, and leaves no process", async () => {
  await using model = await withEchoModel();
  const { file } = await numberedClip(clip);
  await using run = await runOn(
    file,
    model.path,
    ...["--fps", "25", "--use_case_options", '{"takesMs":60000}', "--max_frame_age_ms", "60000"],
  );
  await run.until("frames wait", ({ frames }) => frames.in_flight > 5);
  const children = procMissing ? [] : descendants(run.process.pid);
  run.process.signal("SIGINT");
  await run.process.waitForLine(/Stopping on a signal/);
  const start = performance.now();
  run.process.signal("SIGINT");
  assert.equal(await run.process.exited, 0);
  const tookMs = performance.now() - start;
  assert.ok(tookMs < 500, `${tookMs} ms`);
  await poll("no child outlives it", () => survivors(children).length === 0, 1000);
});

Deno.test({ name: `kill -9 leaves no process${procReason}`, ignore: procMissing }, async () => {
  await using model = await withEchoModel();
  const { file } = await numberedClip(clip);
  await using run = await runOn(file, model.path, "--fps", "25");
  await run.more(5);
  // With a viewer there is a decoder too.
  using _viewer = await withHangingViewer(run.port);
  const children = descendants(run.process.pid);
  const ffmpegs = children.filter(({ name }) => name === "ffmpeg");
  assert.ok(ffmpegs.length >= 2, Deno.inspect(children));
  // Frozen, they cannot notice by themselves that their pipes are broken.
  for (const { pid } of ffmpegs) Deno.kill(pid, "SIGSTOP");
  run.process.signal("SIGKILL");
  await run.process.exited;
  await poll("no child outlives it", () => survivors(children).length === 0, 2000);
});

function hasFfmpeg(run: SystemRun): boolean {
  return descendants(run.process.pid).some(({ name }) => name === "ffmpeg");
}

/** Resolves when no frame has become a record for a while: whoever was frozen is felt. */
async function nothingMoves(run: SystemRun): Promise<void> {
  let [processed, sinceMs] = [-1, 0];
  await run.until("nothing moves", ({ frames }) => {
    if (frames.processed !== processed) {
      [processed, sinceMs] = [frames.processed, performance.now()];
    }
    return performance.now() - sinceMs > 400;
  });
}

/** Accepts connections and says nothing. */
class SilentServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections: Deno.Conn[] = [];
  readonly #accepting = this.#accept();

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Resolves when so many have connected. */
  async called(times: number): Promise<void> {
    await poll(`${times} connections`, () => this.#connections.length >= times, 30_000);
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) this.#connections.push(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#connections) connection.close();
  }
}
