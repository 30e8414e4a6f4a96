import assert from "node:assert/strict";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { type RunResult, sightlineResult } from "./support/run_sightline.ts";

/** Two seconds. */
const clip = { width: 160, height: 120, fps: 25, frames: 50 };

/** Says where the bright bars of the numbered clip are, as numbers that a tolerance can be put to. */
const plugin =
  `export default (options: { shift?: number; failAt?: number; lateAt?: number } = {}) => ({
  postprocess({ echo }: Record<string, { data: Uint8Array }>, { sequence, ptsMs, capturedAtMs }) {
    if (sequence === options.failAt) throw new Error("not this one");
    if (sequence === options.lateAt) {
      // More lines than a second has.
      for (let line = 0; line < 100; line++) console.log("many a line");
      setTimeout(() => { throw new RangeError("too late"); }, 0);
      Promise.reject(new Error("not held"));
    }
    const mean = echo!.data.reduce((a, b) => a + b, 0) / echo!.data.length / 255;
    return { data: { mean: mean + (options.shift ?? 0), clock: capturedAtMs - ptsMs } };
  },
});
`;

interface Bench {
  readonly folder: string;
  /** Runs `test` in the folder. */
  test(...args: string[]): Promise<RunResult>;
  /** The same over the clip. */
  play(...args: string[]): Promise<RunResult>;
}

async function withBench(body: (bench: Bench) => Promise<void>): Promise<void> {
  const { file } = await numberedClip(clip);
  await using model = await withEchoModel();
  const folder = await Deno.makeTempDir({ prefix: "sightline_trial_" });
  try {
    await Deno.writeTextFile(`${folder}/mean.ts`, plugin);
    const test = (...args: string[]) => sightlineResult(["test", ...args], { cwd: folder });
    const play = (...args: string[]) =>
      test("mean.ts", "--video", file, "--model_path", model.path, ...args);
    await body({ folder, test, play });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function assertEnd(result: RunResult, code: number, stdout: RegExp, stderr: RegExp = /^$/): void {
  assert.match(result.stdout, stdout, result.stderr);
  assert.match(result.stderr, stderr);
  assert.equal(result.code, code);
}

Deno.test("test: writes a golden file, the same in every run, and compares with it", async () => {
  await withBench(async ({ folder, play }) => {
    const golden = `${folder}/mean.golden.jsonl`;
    assertEnd(
      await play(),
      2,
      /^$/,
      /^Cannot compare with mean\.golden\.jsonl: it does not exist; --update writes it\n$/,
    );
    assertEnd(
      await play("--update"),
      0,
      /^mean: 50 frames, written to mean\.golden\.jsonl\n\d+ frames a second; [\d.]+ ms a frame in the plugin\n$/,
    );
    const first = await Deno.readTextFile(golden);
    const lines = first.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ sequence }) => sequence), [...lines.keys()]);
    assert.deepEqual(lines.map(({ pts_ms }) => pts_ms), lines.map((_, i) => i * 40));
    assert.ok(lines.every(({ data }) => data.clock === 0), "no wall clock");
    await play("--update");
    assert.equal(await Deno.readTextFile(golden), first);

    assertEnd(await play(), 0, /^mean: 50 frames, as in mean\.golden\.jsonl\n/);
    assertEnd(await play("--limit_frames", "7"), 0, /^mean: 7 frames, as in /);
    const shifted = ["--use_case_options", '{"shift":0.05}'];
    assertEnd(await play(...shifted, "--tolerance", "0.06"), 0, /as in/);
    const different = await play(...shifted);
    assertEnd(different, 1, /^frame 0, data\.mean: expected 0\.\d+, got 0\.\d+\n/);
    assert.match(different.stdout, /^… and 30 more differences$/m);
    assert.match(different.stdout, /^mean: 50 frames, not as in .*; --update accepts them$/m);
    assert.equal(await Deno.readTextFile(golden), first);
  });
});

Deno.test("test: --fps takes pictures at that rate, by the clip's own clock", async () => {
  await withBench(async ({ folder, play }) => {
    assertEnd(await play("--fps", "5", "--update"), 0, /^mean: 10 frames/);
    const text = await Deno.readTextFile(`${folder}/mean.golden.jsonl`);
    const times = text.trimEnd().split("\n").map((line) => JSON.parse(line).pts_ms);
    assert.deepEqual(times, times.map((_, i) => i * 200));
  });
});

Deno.test("test: a recording stands in for clip, model and ffmpeg", async () => {
  await withBench(async ({ folder, test, play }) => {
    assertEnd(
      await play("--record", "mean.rec", "--update"),
      0,
      /; recorded to mean\.rec\n$/,
    );
    // With nothing to be found but the shell that ends what we leave behind.
    await Deno.mkdir(`${folder}/bin`);
    await Deno.symlink("/bin/sh", `${folder}/bin/sh`);
    const startedAtMs = performance.now();
    const replayed = await sightlineResult(["test", "mean.ts", "--replay", "mean.rec"], {
      cwd: folder,
      env: { PATH: `${folder}/bin` },
    });
    const tookMs = performance.now() - startedAtMs;
    assertEnd(replayed, 0, /^mean: 50 frames, as in mean\.golden\.jsonl\n/);
    // 0.5 s by itself; the suite may keep every core busy.
    assert.ok(tookMs < 8000, `it took ${tookMs} ms`);
    assertEnd(
      await test(
        ...["mean.ts", "--replay", "mean.rec", "--isolation", "process"],
        ...["--use_case_options", '{"shift":1}', "--limit_frames", "2"],
      ),
      1,
      /^frame 0, data\.mean: .*\nframe 1, data\.mean: .*\nmean: 2 frames, not as in /,
    );

    await Deno.truncate(`${folder}/mean.rec`, 100);
    assertEnd(
      await test("mean.ts", "--replay", "mean.rec"),
      2,
      /^$/,
      /^Cannot read recording mean\.rec: .*\n$/,
    );
  });
});

Deno.test("test: frames that preprocess skips are skipped in the recording too", async () => {
  await withBench(async ({ folder, test }) => {
    const { file } = await numberedClip(clip);
    await using model = await withEchoModel();
    const golden = ["--golden", `${folder}/echo.jsonl`];
    const skip = ["--use_case_options", '{"everyThird":"skipped"}'];
    const made = await test(
      ...[echoUseCase, "--video", file, "--model_path", model.path, "--update"],
      ...["--record", "echo.rec", ...golden, ...skip],
    );
    assertEnd(made, 0, /^echo_use_case: 50 frames, written/);
    const lines = (await Deno.readTextFile(`${folder}/echo.jsonl`)).trimEnd().split("\n");
    assert.equal(lines[2], '{"sequence":2,"pts_ms":80,"skipped":true}');
    assert.equal(JSON.parse(lines[3]!).data.number, 3);
    assertEnd(await test(echoUseCase, "--replay", "echo.rec", ...golden), 0, /as in/);
  });
});

Deno.test("test: a plugin that throws fails the test, and nothing is written", async () => {
  await withBench(async ({ folder, play }) => {
    const failing = ["--use_case_options", '{"failAt":3}'];
    const failed = await play("--update", "--record", "mean.rec", ...failing);
    assertEnd(
      failed,
      1,
      /^frame 3: the plugin failed: .*not this one\n {4}at .*mean\.ts:\d+:\d+\)?\n$/,
    );
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assert.deepEqual(names, ["mean.ts"]);
  });
});

Deno.test("test: an error that no call waits for fails it", async () => {
  await withBench(async ({ test, play }) => {
    const late = ["--use_case_options", '{"lateAt":3}'];
    const said = /^mean: 2 errors in timers or promises that no call waits for, see the log$/m;
    const logged = /ERROR - Uncaught error: too late, at .*mean\.ts:\d+:\d+\)?$/m;
    const made = await play("--update", "--record", "mean.rec", ...late);
    assertEnd(made, 1, /^mean: 50 frames, written to/, logged);
    assert.match(made.stdout, said);
    for (const isolation of ["worker", "process"]) {
      const again = ["mean.ts", "--replay", "mean.rec", "--isolation", isolation];
      const failed = await test(...again, ...late);
      assertEnd(failed, 1, said, logged);
      assert.match(failed.stderr, /Uncaught error: not held, at /);
      assertEnd(await test(...again), 0, /^mean: 50 frames, as in/);
    }
  });
});

Deno.test("test: says all that is wrong with its flags at once", async () => {
  await withBench(async ({ test }) => {
    const wrong = async (args: string[], ...lines: string[]) => {
      const { code, stdout, stderr } = await test(...args);
      assert.deepEqual({ code, stdout, stderr: stderr.trimEnd().split("\n") }, {
        code: 2,
        stdout: "",
        stderr: lines,
      });
    };
    await wrong(
      ["--no_model", "--golden", "x.jsonl"],
      "PLUGIN: missing, must be the path or URL of a plugin",
      "--video: missing, give a clip, or a recording with --replay",
    );
    await wrong(
      ["mean.ts", "--replay", "no.rec", "--fps", "5", "--model_path", "m.onnx"],
      "--fps: has no effect with --replay, leave one of the two out",
      "--model_path: has no effect with --replay, leave one of the two out",
      "--replay no.rec: does not exist",
    );
    await wrong(
      ["mean.tz", "--video", "rtsp://camera/x", "--model_path", "m.onnx", "--tolerance", "2"],
      "--tolerance 2: must be a number from 0 to 1",
      "--model_path m.onnx: does not exist",
      "mean.tz: does not exist",
      "--video rtsp://camera/x: must be the path of a clip",
    );
  });
});

Deno.test("test: a session is told of first, and what nothing reads is complained of", async () => {
  await withBench(async ({ folder, play, test }) => {
    await play("--record", "mean.rec", "--update");
    await Deno.writeTextFile(
      `${folder}/told.ts`,
      `export default () => {
        const told: unknown[] = [];
        return {
          session: (stream: unknown) => void told.push(stream),
          postprocess: () => ({ detectionz: [], data: [...told] }),
        };
      };`,
    );
    for (const isolation of ["process", "worker"]) {
      assertEnd(
        await test("told.ts", "--replay", "mean.rec", "--update", "--isolation", isolation),
        0,
        /^told: 50 frames, written/,
        /^[^\n]* - WARNING - Nothing reads "detectionz" of the analysis: is detections meant\?\n$/,
      );
      const lines = (await Deno.readTextFile(`${folder}/told.golden.jsonl`)).trimEnd().split("\n");
      assert.equal(lines.length, 50);
      for (const line of lines) {
        assert.deepEqual(JSON.parse(line).data, [{ number: 1, state: "fresh" }]);
      }
    }
    await Deno.writeTextFile(
      `${folder}/throws.ts`,
      `export default () => ({
        session() { throw new Error("no stream for me"); },
        postprocess: () => ({}),
      });`,
    );
    assertEnd(
      await test("throws.ts", "--replay", "mean.rec", "--update"),
      1,
      /^frame 0: the plugin failed: .*no stream for me\n/,
    );
  });
});

/** Rings a bell for each frame, in the middle of it. */
const ringing = (port: number) =>
  `export const permissions = { net: ["127.0.0.1:${port}"] };
export default () => ({
  async postprocess() {
    const { status } = await fetch("http://127.0.0.1:${port}/bell", { method: "POST", body: "x" });
    return { data: { wasAnswered: status < 300 } };
  },
});
`;

Deno.test("test: nothing is sent unless it is allowed to", async () => {
  await withBench(async ({ folder, test, play }) => {
    let rings = 0;
    const answer = () => {
      rings++;
      return new Response("heard");
    };
    await using bell = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
    await Deno.writeTextFile(`${folder}/ring.ts`, ringing(bell.addr.port));
    assertEnd(await play("--update", "--record", "mean.rec"), 0, /written/);
    const ring = (...args: string[]) => test("ring.ts", "--replay", "mean.rec", ...args);
    for (const isolation of ["process", "worker"]) {
      const silent = await ring("--update", "--isolation", isolation);
      const url = `http://127.0.0.1:${bell.addr.port}`;
      const told = new RegExp(
        `A test sends nothing: POST ${url}/bell was answered with 204.*; --allow_plugin net=`,
      );
      assertEnd(silent, 0, /^ring: 50 frames, written/, told);
      assert.equal(silent.stderr.trimEnd().split("\n").length, 1, silent.stderr);
    }
    assert.equal(rings, 0);
    assertEnd(await ring("--allow_plugin", `net=127.0.0.1:${bell.addr.port}`), 0, /as in/);
    assert.equal(rings, 50);
  });
});
