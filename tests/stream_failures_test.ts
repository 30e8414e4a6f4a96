/** Cameras that fail beside healthy ones. */

import assert from "node:assert/strict";
import { type Clip, numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { freePort } from "./support/free_port.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";
import { assertNoneLost } from "./support/system_run.ts";
import { withStreams } from "./support/with_streams.ts";

const plain = { width: 480, height: 320, fps: 25, frames: 1000 };
const healthy = ["yard", "door"];

Deno.test({
  name: `a camera frozen, one refusing, one sending garbage, one changing size every 5 s: ` +
    `the healthy ones lose no frame of theirs${rtspReason}`,
  ignore: rtspServerMissing,
}, async () => {
  const clip = await numberedClip(plain);
  await using changing = await changingClip(5 * plain.fps);
  await using server = await startRtspServer({
    clips: { yard: clip, door: clip, changing: changing.clip },
  });
  await using frozen = await startRtspServer({ clips: { frozen: clip } });
  await using garbage = sendGarbage();
  await using model = await withEchoModel();
  const camera = (stream_url: string) => ({
    ...{ stream_url, use_case: echoUseCase, model_path: model.path, stall_timeout_ms: 2000 },
  });
  const { records, summaries } = await withStreams({
    yard: camera(server.url("yard")),
    door: camera(server.url("door")),
    changing: camera(server.url("changing")),
    frozen: camera(frozen.url("frozen")),
    refusing: camera(`rtsp://127.0.0.1:${freePort()}/a`),
    garbage: camera(`rtsp://127.0.0.1:${garbage.port}/a`),
  }, async ({ more }) => {
    await more(20, [...healthy, "frozen", "changing"]);
    frozen.freeze();
    // Twelve seconds: the size changes twice, the frozen one is given up and tried again.
    await more(12 * plain.fps, healthy);
  });

  for (const name of healthy) {
    const sequences = records[name]!.map(({ sequence }) => sequence);
    assertNoneLost(sequences, summaries[name]!.frames);
    const numbers = records[name]!.map(({ data }) => (data as { number: number }).number);
    const [first, from] = [numbers[0]!, sequences[0]!];
    assert.deepEqual(
      numbers,
      sequences.map((sequence) => (first + sequence - from) % plain.frames),
      name,
    );
  }
  assert.ok(garbage.connections > 1, `${garbage.connections} connections`);
  assert.ok(records["frozen"]!.length >= 20);
  assert.equal(summaries["refusing"]!.frames.received, 0);
  // Frames of both sizes, scaled to what the model takes.
  const shown = records["changing"]!.map(({ data }) => (data as { number: number }).number);
  assert.ok(shown.length >= 8 * plain.fps, `${shown.length} records`);
});

/** Pictures of one size, then as many of another, again and again. */
async function changingClip(frames: number): Promise<{ clip: Clip } & AsyncDisposable> {
  const wide = await numberedClip({ ...plain, frames });
  const square = await numberedClip({ ...plain, width: 320, frames });
  const directory = await Deno.makeTempDir({ prefix: "sightline_changing_" });
  const elementary = `${directory}/changing.h264`;
  const parts = await Promise.all([wide, square].map((clip) => Deno.readFile(clip.elementary)));
  await Deno.writeFile(elementary, new Uint8Array(await new Blob(parts).arrayBuffer()));
  const times = Array.from({ length: 2 * frames }, (_, i) => (i / plain.fps).toFixed(6));
  await Deno.writeTextFile(`${elementary}.pts`, times.join("\n"));
  return {
    clip: { file: elementary, elementary },
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

/** Answers every connection with what is no protocol at all. */
function sendGarbage() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const state = { connections: 0 };
  const noise = crypto.getRandomValues(new Uint8Array(4096));
  async function answer(connection: Deno.Conn): Promise<void> {
    using _connection = connection;
    try {
      await connection.read(new Uint8Array(1024));
      for (let i = 0; i < 100; i++) await connection.write(noise);
    } catch {
      // It had enough.
    }
  }
  const serving = (async () => {
    const answers: Promise<void>[] = [];
    for await (const connection of listener) {
      state.connections++;
      answers.push(answer(connection));
    }
    await Promise.all(answers);
  })();
  return {
    port: listener.addr.port,
    get connections() {
      return state.connections;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}
