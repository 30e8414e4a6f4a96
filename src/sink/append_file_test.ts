import assert from "node:assert/strict";
import { join } from "node:path";
import { collectLog, type LogLines } from "../../tests/support/log_lines.ts";
import { poll } from "../../tests/support/poll.ts";
import { AppendFile } from "./append_file.ts";
import type { LineSink } from "./line_sink.ts";
import type { SinkOptions } from "./sink.ts";
import { openSink as openAny, type SinkConfig } from "./sinks.ts";
import { recordOf } from "../../tests/support/samples.ts";

/** A line sink writes the JSON and does not look at the record. */
const record = recordOf();

async function openSink(config: SinkConfig, options: SinkOptions): Promise<LineSink> {
  return await openAny(config, options) as LineSink;
}

const isLinux = Deno.build.os === "linux";

/** A folder for one test, and a sink that writes to a file in it. */
async function withFile(
  use: (path: string, open: () => Promise<LineSink>, log: LogLines) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_sink_" });
  using log = collectLog();
  try {
    const path = join(folder, "records.jsonl");
    await use(path, () => openSink({ kind: "jsonl", path }, { logger: log.logger }), log);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a jsonl sink appends a line for each record and has all of them at the end", async () => {
  await withFile(async (path, open, log) => {
    for (let run = 0; run < 2; run++) {
      await using sink = await open();
      for (let i = 0; i < 500; i++) sink.write(record, JSON.stringify({ run, i }));
    }
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    const wanted = [0, 1].flatMap((run) => Array.from({ length: 500 }, (_, i) => ({ run, i })));
    assert.deepEqual(lines.map((line) => JSON.parse(line)), wanted);
    assert.deepEqual(log.lines, []);
  });
});

Deno.test("a jsonl sink names the path it cannot open, and why", async () => {
  using log = collectLog();
  const { logger } = log;
  const folder = await Deno.makeTempDir();
  for (const [path, why] of [["/nowhere/a.jsonl", "no such file"], [folder, "is a directory"]]) {
    await assert.rejects(
      openSink({ kind: "jsonl", path: path! }, { logger }),
      (error: Error) => error.message.startsWith(`Cannot open sink jsonl:${path}: ${why}`),
    );
  }
  await Deno.remove(folder);
});

const beginnings = [
  { text: "", closed: "" },
  { text: '{"n":1}\n', closed: '{"n":1}\n' },
  { text: '{"n":1}\n{"n', closed: '{"n":1}\n{"n\n' },
];
for (const { text, closed } of beginnings) {
  Deno.test(`a jsonl sink does not join its first line to ${JSON.stringify(text)}`, async () => {
    await withFile(async (path, open) => {
      await Deno.writeTextFile(path, text);
      {
        await using sink = await open();
        sink.write(record, '{"n":2}');
      }
      assert.equal(await Deno.readTextFile(path), `${closed}{"n":2}\n`);
    });
  });
}

for (const how of ["renamed", "deleted", "replaced"] as const) {
  Deno.test(`a jsonl sink writes to a new file when its own was ${how}, at once on reopen()`, async () => {
    await withFile(async (path, open, log) => {
      await using sink = await open();
      sink.write(record, "1");
      await sink.flush();
      if (how === "renamed") await Deno.rename(path, `${path}.1`);
      if (how === "deleted") await Deno.remove(path);
      if (how === "replaced") {
        await Deno.writeTextFile(`${path}.new`, "half");
        await Deno.rename(`${path}.new`, path);
      }
      sink.reopen();
      await sink.flush();
      // Before there is anything to write, so that the old file's space is free.
      assert.equal(await Deno.readTextFile(path), how === "replaced" ? "half\n" : "");
      sink.write(record, "2");
      await sink.flush();
      assert.equal(await Deno.readTextFile(path), how === "replaced" ? "half\n2\n" : "2\n");
      if (how === "renamed") assert.equal(await Deno.readTextFile(`${path}.1`), "1\n");
      assert.deepEqual(log.lines, []);
    });
  });
}

Deno.test("a jsonl sink finds by itself that its file was renamed, and loses nothing", async () => {
  await withFile(async (path, open) => {
    await using sink = await open();
    sink.write(record, "0");
    await sink.flush();
    await Deno.rename(path, `${path}.1`);
    let count = 0;
    await poll("a new file", async () => {
      sink.write(record, String(++count));
      await sink.flush();
      return await Deno.stat(path).then(() => true, () => false);
    });
    const text = await Deno.readTextFile(`${path}.1`) + await Deno.readTextFile(path);
    assert.equal(text, Array.from({ length: count + 1 }, (_, i) => `${i}\n`).join(""));
  });
});

for (const became of ["gone", "a folder"]) {
  Deno.test(`a jsonl sink keeps what comes while its place is ${became}, and says so once`, async () => {
    await withFile(async (path, open, log) => {
      const folder = join(path, "..");
      await using sink = await open();
      sink.write(record, "1");
      await sink.flush();
      await Deno.rename(folder, `${folder}.away`);
      if (became === "a folder") await Deno.mkdir(path, { recursive: true });
      sink.reopen();
      await poll("a line", () => log.lines.length > 0);
      sink.write(record, "2");
      const why = became === "gone" ? "no such file or directory" : "is a directory";
      assert.deepEqual(log.lines, [
        `sink - ERROR - Cannot write to jsonl:${path}: ${why}; 0 records wait`,
      ]);
      if (became === "a folder") await Deno.remove(folder, { recursive: true });
      await Deno.rename(`${folder}.away`, folder);
      await sink.flush();
      assert.equal(await Deno.readTextFile(path), "1\n2\n");
      assert.match(log.lines[1]!, /takes records again after [\d.]+ s; 0 were lost$/);
      assert.equal(log.lines.length, 2);
    });
  });
}

Deno.test({
  name: "a named pipe without a reader holds nothing up; each reader gets whole lines",
  ignore: !isLinux,
  async fn() {
    await withFile(async (path, open, log) => {
      await new Deno.Command("mkfifo", { args: [path] }).output();
      await using sink = await open();
      sink.write(record, "first");
      await poll("a line", () => log.lines.length > 0);
      assert.match(log.lines[0]!, /ERROR - Cannot write to \S+: nothing reads this named pipe; /);
      assert.equal(await readLines(path, 1), "first\n");
      await sink.flush();
      // The first one has gone: what it did not take is the second one's, from the line's beginning.
      const long = "x".repeat(300_000);
      for (const line of ["second", long]) sink.write(record, line);
      await poll(
        "the loss is seen",
        () => /reader of this named pipe has gone/.test(log.lines.at(-1)!),
      );
      const text = await readLines(path, 2);
      assert.ok(text === `second\n${long}\n`, `${text.length} characters`);
      await sink.flush();
      assert.deepEqual(sink.counts().written, 3);
    });
  },
});

Deno.test({
  name: "a named pipe whose reader stops is told of, and gets everything when it goes on",
  ignore: !isLinux,
  async fn() {
    await withFile(async (path, open) => {
      await new Deno.Command("mkfifo", { args: [path] }).output();
      using reader = (await Promise.all([Deno.open(path), open()]))[0];
      await using sink = await open();
      const line = "y".repeat(99_999);
      for (let i = 0; i < 10; i++) sink.write(record, line);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(sink.counts().waiting > 0);
      let bytes = 0;
      const buffer = new Uint8Array(100_000);
      while (bytes < 1_000_000) bytes += await reader.read(buffer) ?? 0;
      await sink.flush();
      assert.deepEqual(sink.counts().written, 10);
    });
  },
});

Deno.test("two sinks on one file by two names write whole lines", async () => {
  await withFile(async (path, open, log) => {
    const other = join(path, "..", ".", "link.jsonl");
    await Deno.symlink(path, other);
    {
      await using first = await open();
      await using second = await openSink({ kind: "jsonl", path: other }, { logger: log.logger });
      for (let i = 0; i < 2000; i++) {
        first.write(record, JSON.stringify({ a: i, text: "a".repeat(i) }));
        second.write(record, JSON.stringify({ b: i, text: "b".repeat(i) }));
        if (i % 50 === 0) await Promise.race([first.flush(), second.flush()]);
      }
    }
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    assert.equal(lines.length, 4000);
    for (const line of lines) JSON.parse(line);
  });
});

/** Reads so many lines of a named pipe, then leaves. */
async function readLines(path: string, count: number): Promise<string> {
  const { stdout } = await new Deno.Command("head", { args: ["-n", String(count), path] }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("AppendFile begins a line again that it did not leave there, and closes what is torn", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, '{"torn');
    const file = new AppendFile(path);
    assert.equal(await file.ready(true), false);
    await file.write(new TextEncoder().encode("abc"));
    assert.equal(await file.ready(true), true, "it is open, in the middle of a line");
    await file.close();
    assert.equal(await Deno.readTextFile(path), '{"torn\nabc');
  } finally {
    await Deno.remove(path);
  }
});
