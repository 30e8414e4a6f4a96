/** Records on disks and pipes that fail, stop or vanish, by the real program. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSink } from "../src/sink/sinks.ts";
import type { AnalysisRecord } from "../src/sink/record.ts";
import { writeWhole } from "../src/write_whole.ts";
import { numberedClip } from "./support/clips.ts";
import { collectLog } from "./support/log_lines.ts";
import { poll } from "./support/poll.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";
import { withFiles } from "./support/with_files.ts";

const ignore = Deno.build.os !== "linux";
const motion = fileURLToPath(new URL("../plugins/motion.ts", import.meta.url));
/** Each of its records is larger than a pipe takes at once. */
const talkative = `export default () => ({
  input: { width: 64, height: 48 },
  preprocess: () => ({}),
  postprocess: () => ({ data: "x".repeat(9000) }),
});`;
const clip = { width: 480, height: 320, fps: 25, frames: 1500 };

/** Flags of a stream that goes on for a minute at its own pace. */
async function flags(useCase: string, ...more: readonly string[]): Promise<string[]> {
  const { file } = await numberedClip(clip);
  return ["--stream_url", file, "--fps", "25", "--no_model", "--use_case", useCase, ...more];
}

/** What the last line says of a sink: written, and accepted where that differs. */
function booksOf(stderr: string): { written: number; accepted: number } {
  const [, written, accepted] = /Records (?:written|were lost): \S+ wrote (\d+)(?: of (\d+))?/
    .exec(stderr) ?? assert.fail(stderr);
  return { written: Number(written), accepted: Number(accepted ?? written) };
}

async function linesOf(path: string): Promise<string[]> {
  return (await Deno.readTextFile(path)).split("\n").slice(0, -1);
}

Deno.test({
  name: "SIGHUP without --config opens the records' file again, and ends nothing",
  ignore,
}, () =>
  withFiles({}, async (folder) => {
    const path = join(folder, "r.jsonl");
    await using run = runSightline(await flags(motion, "--sink", `jsonl:${path}`));
    await run.waitForLine(/is live/);
    await poll("records", async () => (await linesOf(path)).length > 3);
    await Deno.rename(path, `${path}.1`);
    run.signal("SIGHUP");
    await poll("a new file", () => Deno.stat(path).then(({ size }) => size > 0, () => false));
    run.signal("SIGTERM");
    const { code, stderr } = await run.result;
    assert.equal(code, 0, stderr);
    const records = [...await linesOf(`${path}.1`), ...await linesOf(path)];
    assert.deepEqual(records.map((line) => JSON.parse(line).sequence), records.map((_, i) => i));
    assert.deepEqual(booksOf(stderr), { written: records.length, accepted: records.length });
  }));

Deno.test({
  name:
    "a named pipe that nothing reads: other sinks go on, --limit_duration holds, exit 1 with counts",
  ignore,
}, () =>
  withFiles({}, async (folder) => {
    const [pipe, path] = [join(folder, "pipe"), join(folder, "r.jsonl")];
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    const { code, stderr } = await sightlineResult([
      ...await flags(motion, "--limit_duration", "4"),
      ...["--sink", `jsonl:${pipe}`, "--sink", `jsonl:${path}`],
    ]);
    assert.equal(code, 1, stderr);
    const written = (await linesOf(path)).length;
    assert.ok(written > 3);
    assert.match(
      stderr,
      /ERROR - Cannot write to jsonl:\S+: nothing reads this named pipe; 0 records wait\n/,
    );
    const last = stderr.trimEnd().split("\n").at(-1)!;
    const lost =
      `jsonl:${pipe} wrote 0 of ${written} (${written} could not be written before the end)`;
    for (const part of ["ERROR - Records were lost: ", `jsonl:${path} wrote ${written}`, lost]) {
      assert.ok(last.includes(part), stderr);
    }
  }));

for (const signal of ["SIGTERM", null] as const) {
  Deno.test({
    name: `a reader of stdout that stops: it ends all the same, exit 1 with counts (${
      signal ?? "--limit_duration"
    })`,
    ignore,
  }, () =>
    withFiles({ "talkative.ts": talkative }, async (folder) => {
      const ended = Promise.withResolvers<void>();
      let taken = "";
      const duration = signal === null ? ["--limit_duration", "6"] : [];
      await using run = runSightline(
        await flags(join(folder, "talkative.ts"), "--sink", "stdout", ...duration),
        {
          async onStdout(stdout) {
            await ended.promise;
            for await (const bytes of stdout) taken += new TextDecoder().decode(bytes);
          },
        },
      );
      if (signal !== null) {
        await run.waitForLine(
          /Cannot write to stdout: it has taken nothing for \d+ s; \d+ records wait/,
        );
        run.signal(signal);
      }
      const code = await run.exited;
      ended.resolve();
      const { stderr } = await run.result;
      assert.equal(code, 1, stderr);
      const { written, accepted } = booksOf(stderr);
      assert.ok(accepted > written, stderr);
      assert.match(
        stderr,
        /ERROR - Records were lost: stdout .* could not be written before the end\)\n$/,
      );
      assert.equal(taken.split("\n").length - 1, written, "what is said to be written is there");
    }));
}

Deno.test({
  name: "a file that may not grow (ulimit -f): told, not killed, and on with a new file",
  ignore,
}, () =>
  withFiles({}, async (folder) => {
    const path = join(folder, "r.jsonl");
    await using run = runSightline(await flags(motion, "--sink", `jsonl:${path}`));
    await run.waitForLine(/is live/);
    const limit = ["--pid", String(run.pid), "--fsize=4000:"];
    await new Deno.Command("prlimit", { args: limit }).output();
    await run.waitForLine(/ERROR - Cannot write to jsonl:\S+: file too large; \d+ records wait/);
    await Deno.rename(path, `${path}.1`);
    await new Deno.Command("prlimit", { args: [...limit.slice(0, 2), "--fsize=unlimited:"] })
      .output();
    await run.waitForLine(/takes records again after [\d.]+ s; 0 were lost/);
    run.signal("SIGTERM");
    const { code, stderr } = await run.result;
    assert.equal(code, 0, stderr);
    const whole = [...await linesOf(`${path}.1`), ...await linesOf(path)];
    assert.deepEqual(whole.map((line) => JSON.parse(line).sequence), whole.map((_, i) => i));
    assert.equal(booksOf(stderr).written, whole.length);
  }));

/** Calls `use` with a file system of one megabyte. */
async function withSmallDisk(use: (path: string) => Promise<void>): Promise<void> {
  await withFiles({}, async (path) => {
    const options = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path];
    const { success } = await new Deno.Command("mount", { args: options }).output();
    assert.ok(success);
    try {
      await use(path);
    } finally {
      await new Deno.Command("umount", { args: ["-l", path] }).output();
    }
  });
}

const mountReason = ignore
  ? " (ignored: needs Linux)"
  : await withSmallDisk(() => Promise.resolve()).then(
    () => "",
    () => " (ignored: needs the right to mount)",
  );

Deno.test({
  name: `a disk that is full, then has room: nothing torn, what is lost is counted${mountReason}`,
  ignore: mountReason !== "",
  fn: () =>
    withSmallDisk(async (disk) => {
      using log = collectLog();
      const path = join(disk, "r.jsonl");
      const record = {} as AnalysisRecord;
      const sink = await openSink({ kind: "jsonl", path }, { logger: log.logger });
      const accepted: number[] = [];
      const text = "x".repeat(10_000);
      for (let i = 0; i < 3000; i++) {
        const { full } = sink.counts().lost;
        sink.write(record, JSON.stringify({ i, text }));
        if (sink.counts().lost.full === full) accepted.push(i);
        if (i % 10 === 0) {
          await Promise.race([sink.flush!(), new Promise((go) => setTimeout(go, 1))]);
        }
      }
      await poll("the disk is full", () => log.lines.some((line) => /no space left/.test(line)));
      const full = sink.counts();
      assert.ok(full.lost.full > 0 && full.written > 0, JSON.stringify(full));
      assert.equal(full.accepted, full.written + full.lost.full + full.waiting);
      const larger = ["-o", "remount,size=64m", disk];
      await new Deno.Command("mount", { args: larger }).output();
      await sink[Symbol.asyncDispose]();
      const got = (await linesOf(path)).map((line) => JSON.parse(line).i);
      assert.deepEqual(got, accepted);
      assert.deepEqual(sink.counts(), {
        accepted: 3000,
        written: accepted.length,
        lost: { full: 3000 - accepted.length, closed: 0, unwritten: 0 },
        waiting: 0,
      });
      assert.match(log.lines.at(-1)!, /takes records again after [\d.]+ s; \d+ were lost$/);
    }),
});

Deno.test({
  name: `two sinks on one full disk tear no line of each other${mountReason}`,
  ignore: mountReason !== "",
  fn: () =>
    withSmallDisk(async (disk) => {
      using log = collectLog();
      const path = join(disk, "r.jsonl");
      const link = join(disk, "link.jsonl");
      await Deno.symlink(path, link);
      const open = (path: string) => openSink({ kind: "jsonl", path }, { logger: log.logger });
      const sinks = [await open(path), await open(link)];
      for (let i = 0; i < 300; i++) {
        for (const [who, sink] of sinks.entries()) {
          const text = "x".repeat(3000 + 100 * who);
          sink.write({} as AnalysisRecord, JSON.stringify({ who, i, text }));
          if (i % 10 === 0) {
            await Promise.race([
              sink.flush!(),
              new Promise((go) => setTimeout(go, 1)),
            ]);
          }
        }
      }
      await poll("the disk is full", () => log.lines.some((line) => /no space left/.test(line)));
      await new Deno.Command("mount", { args: ["-o", "remount,size=64m", disk] }).output();
      for (const sink of sinks) await sink[Symbol.asyncDispose]();
      const whole = (await linesOf(path)).flatMap((line) => {
        try {
          return [JSON.parse(line)];
        } catch {
          // Half a line that the other one came behind; it stands again as a whole.
          return [];
        }
      });
      for (const who of [0, 1]) {
        const got = whole.filter((record) => record.who === who).map(({ i }) => i);
        assert.deepEqual(got, Array.from({ length: 300 }, (_, i) => i));
        assert.equal(sinks[who]!.counts().written, 300);
      }
    }),
});

Deno.test({
  name: `a small file on a full disk stays as it was${mountReason}`,
  ignore: mountReason !== "",
  fn: () =>
    withSmallDisk(async (disk) => {
      const path = join(disk, "golden.jsonl");
      await writeWhole(path, "as it was");
      await assert.rejects(writeWhole(path, "x".repeat(2 << 20)), /ENOSPC|No space left/i);
      assert.equal(await Deno.readTextFile(path), "as it was");
      const names = (await Array.fromAsync(Deno.readDir(disk))).map(({ name }) => name);
      assert.deepEqual(names, ["golden.jsonl"]);
    }),
});

Deno.test({ name: "what cannot be printed is said, with exit code 1", ignore }, async () => {
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", `exec "$0" run -A --no-check "$1" version > /dev/full`, Deno.execPath(), main],
    env: { NO_COLOR: "1" },
  }).output();
  assert.equal(code, 1);
  const said = new TextDecoder().decode(stderr);
  assert.equal(said, "Internal error: Cannot write to stdout: no space left on device\n");
});
