import assert from "node:assert/strict";
import { collectLog } from "../../tests/support/log_lines.ts";
import { poll } from "../../tests/support/poll.ts";
import { LineSink, type LineTarget } from "./line_sink.ts";
import { recordOf } from "../../tests/support/samples.ts";
import { lostTotal } from "./sink.ts";

/** A line sink writes the JSON and does not look at the record. */
const record = recordOf();
const noneLost = { full: 0, closed: 0, unwritten: 0 };

/** Takes everything, once its gate is open. */
class Memory implements LineTarget {
  text = "";
  gate: Promise<void> = Promise.resolve();
  readonly #decoder = new TextDecoder();

  async write(bytes: Uint8Array): Promise<number> {
    await this.gate;
    this.text += this.#decoder.decode(bytes, { stream: true });
    return bytes.length;
  }
}

function assertBalanced(sink: LineSink): void {
  const counts = sink.counts();
  const { accepted, written, waiting } = counts;
  assert.equal(accepted, written + lostTotal(counts) + waiting, JSON.stringify(counts));
}

Deno.test("LineSink refuses what goes beyond its bytes, says so once, and waits in room()", async () => {
  using log = collectLog();
  const target = new Memory();
  const opened = Promise.withResolvers<void>();
  target.gate = opened.promise;
  await using sink = new LineSink({
    description: "slow",
    target,
    logger: log.logger,
    capacityBytes: 20,
  });
  for (let i = 0; i < 4; i++) sink.write(record, "12345678");
  assert.deepEqual(sink.counts(), {
    accepted: 4,
    written: 0,
    lost: { ...noneLost, full: 2 },
    waiting: 2,
  });
  const room = sink.room();
  opened.resolve();
  await room;
  await sink.flush();
  assert.equal(target.text, "12345678\n12345678\n");
  assert.deepEqual(
    log.lines,
    [
      "sink - ERROR - Cannot write to slow: it takes less than it is given; 2 records wait",
      "sink - ERROR - slow: 0.0 MB wait, and no more may: records are being lost",
      "sink - INFO - slow takes records again after 0.0 s; 2 were lost",
    ].map((line) => line.replace("0.0 s", log.lines.at(-1)!.match(/[\d.]+ s/)![0])),
  );
});

Deno.test("LineSink goes on at the byte where a write failed, and tells beginning and end", async () => {
  using log = collectLog();
  let [text, calls] = ["", 0];
  await using sink = new LineSink({
    description: "disk",
    target: {
      write(bytes) {
        calls++;
        if (calls === 2) return Promise.reject(new Error("No space left on device (os error 28)"));
        const taken = Math.min(3, bytes.length);
        text += new TextDecoder().decode(bytes.subarray(0, taken));
        return Promise.resolve(taken);
      },
    },
    logger: log.logger,
    retryMs: 1,
  });
  sink.write(record, "abcdefgh");
  await sink.flush();
  assert.equal(text, "abcdefgh\n");
  assert.match(
    log.lines[0]!,
    /ERROR - Cannot write to disk: no space left on device; 1 records wait$/,
  );
  assert.match(log.lines[1]!, /INFO - disk takes records again after [\d.]+ s; 0 were lost$/);
  assert.equal(log.lines.length, 2);
});

Deno.test("LineSink writes lines of any length and text, one after the other", async () => {
  using log = collectLog();
  const target = new Memory();
  target.gate = new Promise((resolve) => setTimeout(resolve, 1));
  await using sink = new LineSink({ description: "slow", target, logger: log.logger });
  const lines = [
    "short",
    "€".repeat(30_000),
    "a".repeat(40_000),
    "ü😀",
    "b".repeat(200_000),
    "end",
  ];
  for (const line of lines) {
    sink.write(record, line);
    await sink.flush();
  }
  for (const line of lines) sink.write(record, line);
  await sink.flush();
  assert.equal(target.text, [...lines, ...lines].map((line) => `${line}\n`).join(""));
});

const endings = [
  { name: "fails", write: () => Promise.reject<number>(new Error("gone")) },
  { name: "hangs", write: () => new Promise<number>(() => {}) },
  { name: "is full", write: () => Promise.reject<number>(new Deno.errors.WouldBlock()) },
];
for (const { name, write } of endings) {
  for (const isHurried of [false, true]) {
    Deno.test(`LineSink ends although its target ${name}, counts what is lost (hurried: ${isHurried})`, async () => {
      using log = collectLog();
      const hurry = new AbortController();
      const sink = new LineSink({
        description: "disk",
        target: { write },
        logger: log.logger,
        patienceMs: isHurried ? 3_600_000 : 5,
        hurry: hurry.signal,
        hurryMs: 50,
      });
      sink.write(record, "1");
      sink.write(record, "2");
      const ended = sink[Symbol.asyncDispose]();
      if (isHurried) hurry.abort();
      await ended;
      const counts = { accepted: 2, written: 0, lost: { ...noneLost, unwritten: 2 }, waiting: 0 };
      assert.deepEqual(sink.counts(), counts);
      sink.write(record, "3");
      assertBalanced(sink);
    });
  }
}

Deno.test("LineSink waits at the end for a reader that is slow and goes on", async () => {
  using log = collectLog();
  let taken = 0;
  const sink = new LineSink({
    description: "slow",
    target: {
      async write() {
        await new Promise((resolve) => setTimeout(resolve, 20));
        taken++;
        return 1;
      },
    },
    logger: log.logger,
    // Less than all of it takes; generous for one byte.
    patienceMs: 400,
  });
  sink.write(record, "x".repeat(29));
  await sink[Symbol.asyncDispose]();
  assert.deepEqual([taken, sink.counts().written], [30, 1]);
});

Deno.test("LineSink waits a shorter while after a limit of time, if nothing at all is taken", async () => {
  using log = collectLog();
  const limit = new AbortController();
  let [taken, isStuck] = [0, false];
  const sink = new LineSink({
    description: "slow",
    target: {
      async write() {
        if (isStuck) return await new Promise<number>(() => {});
        await new Promise((resolve) => setTimeout(resolve, 20));
        isStuck = ++taken === 30;
        return 1;
      },
    },
    logger: log.logger,
    patienceMs: 3_600_000,
    limit: limit.signal,
    hurryMs: 400,
  });
  sink.write(record, "x".repeat(29));
  sink.write(record, "never");
  const ended = sink[Symbol.asyncDispose]();
  limit.abort();
  await ended;
  const { written, lost } = sink.counts();
  assert.deepEqual([taken, written, lost.unwritten], [30, 1, 1]);
});

Deno.test("LineSink says that its target is stuck, and when it goes on", async () => {
  using log = collectLog();
  const target = new Memory();
  const opened = Promise.withResolvers<void>();
  target.gate = opened.promise;
  await using sink = new LineSink({ description: "pipe", target, logger: log.logger, stuckMs: 5 });
  sink.write(record, "1");
  await poll("a line", () => log.lines.length > 0);
  opened.resolve();
  await sink.flush();
  assert.match(
    log.lines[0]!,
    /ERROR - Cannot write to pipe: it has taken nothing for \d+ s; 1 records wait$/,
  );
  assert.match(log.lines.at(-1)!, /INFO - pipe takes records again after /);
});

Deno.test("LineSink tells when its reader has gone, tries no more, and logs nothing of it", async () => {
  using log = collectLog();
  let gone = 0;
  await using sink = new LineSink({
    description: "pipe",
    target: { write: () => Promise.reject(new Deno.errors.BrokenPipe("Broken pipe")) },
    logger: log.logger,
    onGone: () => gone++,
  });
  sink.write(record, "1");
  await sink.flush();
  for (let i = 0; i < 5; i++) sink.write(record, "2");
  await sink.flush();
  assert.equal(gone, 1);
  assert.deepEqual(sink.counts(), {
    accepted: 6,
    written: 0,
    lost: { ...noneLost, closed: 6 },
    waiting: 0,
  });
  assert.deepEqual(log.lines, []);
});

Deno.test("LineSink.room() lets a file's reader go when the end hurries", async () => {
  using log = collectLog();
  const hurry = new AbortController();
  const { write } = endings[1]!;
  await using sink = new LineSink({
    description: "stuck",
    target: { write },
    logger: log.logger,
    capacityBytes: 10,
    hurry: hurry.signal,
    hurryMs: 50,
  });
  sink.write(record, "12345678");
  const room = sink.room();
  hurry.abort();
  await room;
});

Deno.test("LineSink goes on in a line whose target took its time to open", async () => {
  using log = collectLog();
  let text = "";
  await using sink = new LineSink({
    description: "disk",
    target: {
      ready: () => Promise.resolve(true),
      write(bytes) {
        text += new TextDecoder().decode(bytes.subarray(0, 3));
        return Promise.resolve(Math.min(3, bytes.length));
      },
    },
    logger: log.logger,
  });
  for (const line of ["abcd", "efgh"]) sink.write(record, line);
  await sink.flush();
  assert.equal(text, "abcd\nefgh\n");
});

Deno.test("LineSink takes a target for well again once it takes all, and little waits", async () => {
  using log = collectLog();
  const takes: (number | null)[] = [];
  const offered: number[] = [];
  await using sink = new LineSink({
    description: "disk",
    target: {
      write(bytes) {
        offered.push(bytes.length);
        const taken = takes.shift();
        if (taken === null) return Promise.reject(new Error("full"));
        return Promise.resolve(Math.min(taken ?? Infinity, bytes.length));
      },
    },
    logger: log.logger,
    capacityBytes: 160,
    retryMs: 1,
  });
  const told = () => log.lines.filter((line) => line.includes("again")).length;
  takes.push(null, 5, 5, Infinity);
  sink.write(record, "123456789");
  await sink.flush();
  assert.deepEqual([offered, told()], [[10, 10, 5], 1]);
  await sink.flush();
  assert.equal(sink.counts().written, 1);
});

Deno.test("LineSink has its target closed when it ends, unless that may hang", async () => {
  using log = collectLog();
  const told: string[] = [];
  const target = {
    write: (bytes: Uint8Array) => Promise.resolve(bytes.length),
    async close() {
      for (let turn = 0; turn < 20; turn++) await null;
      told.push("closed");
    },
  };
  {
    await using sink = new LineSink({ description: "disk", target, logger: log.logger });
    sink.write(record, "a");
  }
  assert.deepEqual(told, ["closed"]);
});

Deno.test("LineSink that is to look at its file again asks a target that has none for nothing", async () => {
  using log = collectLog();
  const target = new Memory();
  await using sink = new LineSink({ description: "memory", target, logger: log.logger });
  sink.reopen();
  sink.write(record, "a");
  await sink.flush();
  assert.equal(target.text, "a\n");
});
