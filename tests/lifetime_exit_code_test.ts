import assert from "node:assert/strict";
import { join } from "node:path";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";

const clip = { width: 480, height: 320, fps: 25, frames: 250 };

Deno.test("a visualizer port that is taken: exit 1 with a clear line, and no camera is touched", async () => {
  const { file } = await numberedClip(clip);
  await using model = await withEchoModel();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(taken.addr.port);
  const { code, stdout, stderr } = await sightlineResult([
    ...["--stream_url", file, "--model_path", model.path, "--use_case", echoUseCase],
    ...["--visualizer_port", port, "--sink", "stdout"],
  ]);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  const lines = stderr.trimEnd().split("\n").map((line) => line.replace(/^\S+ \S+ - /, ""));
  const [last] = lines.splice(-1);
  assert.equal(
    last,
    `sightline - ERROR - Cannot listen on 127.0.0.1:${port}: the port is taken, ` +
      "--visualizer_port names another",
  );
  // Where events go and what confines the plugin is said before, and nothing of a camera.
  assert.ok(lines.every((line) => /^(events|echo_use_case) - INFO - /.test(line)), stderr);
});

Deno.test("demo: a port that is taken names the flag for another", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(taken.addr.port);
  const { code, stderr } = await sightlineResult(["demo", "--visualizer_port", port]);
  assert.equal(code, 1);
  const last = stderr.trimEnd().split("\n").at(-1)!;
  assert.match(last, /the port is taken, --visualizer_port names another$/, stderr);
});

for (const flags of [[], ["--benchmark"]]) {
  Deno.test(`a reader of stdout that leaves after a line is no error ${flags.join("")}`, async () => {
    const { file } = await numberedClip(clip);
    await using model = await withEchoModel();
    let first = "";
    await using run = runSightline([
      ...["--stream_url", file, "--model_path", model.path, "--use_case", echoUseCase],
      ...["--sink", "stdout", "--fps", "25", ...flags],
    ], {
      async onStdout(stdout) {
        // As `| head -1` does: reads something, and is gone.
        const reader = stdout.getReader();
        first = new TextDecoder().decode((await reader.read()).value);
        await reader.cancel();
      },
    });
    const { code, stderr } = await run.result;
    assert.match(first, /^\{"stream":"default","sequence":0,/);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /ERROR|WARNING/);
    // The clip lasts 10 s: it ended since nobody listens.
    assert.doesNotMatch(stderr, /For 100 received frames/);
  });
}

Deno.test("the summary is the last line of stdout, behind every record", async () => {
  const { file } = await numberedClip(clip);
  await using model = await withEchoModel();
  const { code, stdout } = await sightlineResult([
    ...["--stream_url", file, "--model_path", model.path, "--use_case", echoUseCase],
    ...["--sink", "stdout", "--benchmark"],
  ]);
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.length, 251);
  assert.deepEqual(
    Object.keys(lines.pop()),
    ["stream", "duration_s", "frames", "fps", "age_ms", "inference_ms"],
  );
  assert.deepEqual(lines.map(({ sequence }) => sequence), lines.map((_, i) => i));
});

Deno.test("a machine without ffmpeg: exit 1 at once, and where to get it", async () => {
  await using model = await withEchoModel();
  // Nothing but what the guard's shell needs.
  const bin = await Deno.makeTempDir();
  await Deno.symlink("/bin/sh", join(bin, "sh"));
  const { code, stderr } = await sightlineResult([
    ...["--stream_url", "rtsp://127.0.0.1:1/a", "--model_path", model.path],
    ...["--use_case", echoUseCase],
  ], { env: { PATH: bin } });
  assert.equal(code, 1);
  assert.match(stderr, /ERROR - Cannot start ffmpeg: no such program in PATH; install ffmpeg/);
  await Deno.remove(bin, { recursive: true });
});

Deno.test("what cannot be used at all: exit 1 for a model, 2 for a file that is not there", async () => {
  const { file } = await numberedClip(clip);
  const noModel = await Deno.makeTempFile({ suffix: ".onnx" });
  await Deno.writeTextFile(noModel, "no model");
  const broken = await sightlineResult(["--stream_url", file, "--model_path", noModel]);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /ERROR - Cannot load model \S+\.onnx: .+\n$/);
  const missing = await sightlineResult(["--stream_url", "/no/clip.mp4", "--model_path", noModel]);
  assert.deepEqual(missing, {
    code: 2,
    stdout: "",
    stderr: "--stream_url /no/clip.mp4: does not exist\n",
  });
  await Deno.remove(noModel);
});
