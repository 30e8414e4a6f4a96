import assert from "node:assert/strict";
import { wholePicture } from "../frame/frame.ts";
import { LineSink } from "./line_sink.ts";
import { openSink } from "./open.ts";
import { fanOut } from "./fan_out.ts";
import { toRecord } from "./record.ts";

const frame = {
  stream: "door",
  sequence: 12,
  ptsMs: 480,
  capturedAtMs: Date.UTC(2026, 10, 22),
  width: 4,
  height: 4,
  pixelFormat: "bgr24",
  picture: wholePicture,
} as const;

const record = toRecord(frame, "persons", {
  detections: [{
    label: "person",
    labelId: 1,
    confidence: 0.98123456,
    box: { x: 0.1, y: 0.2, width: 0.05, height: 0.123456789 },
  }],
}, frame.capturedAtMs + 31.4);

const noCounts = () => ({ written: 0, dropped: 0, waiting: 0 });
const unexpected = (error: Error) => assert.fail(error);

Deno.test("toRecord() makes the documented JSON", () => {
  assert.equal(
    JSON.stringify(record),
    `{"stream":"door","sequence":12,"pts_ms":480,"captured_at":"2026-11-22T00:00:00.000Z",` +
      `"age_ms":31,"use_case":"persons","detections":[{"label":"person","label_id":1,` +
      `"confidence":0.9812,"box":{"x":0.1,"y":0.2,"width":0.05,"height":0.12346}}],` +
      `"events":[],"data":null}`,
  );
});

Deno.test("the jsonl sink appends a line for each record and has all of them at the end", async () => {
  const path = await Deno.makeTempFile();
  try {
    for (let run = 0; run < 2; run++) {
      await using sink = await openSink({ kind: "jsonl", path }, { onTrouble: unexpected });
      for (let i = 0; i < 500; i++) sink.write(record, JSON.stringify({ run, i }));
    }
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    const wanted = [0, 1].flatMap((run) => Array.from({ length: 500 }, (_, i) => ({ run, i })));
    assert.deepEqual(lines.map((line) => JSON.parse(line)), wanted);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("the jsonl sink names the path it cannot open", async () => {
  await assert.rejects(
    openSink({ kind: "jsonl", path: "/nowhere/at/all.jsonl" }, { onTrouble: unexpected }),
    /^Error: Cannot open sink jsonl:\/nowhere\/at\/all\.jsonl: /,
  );
});

Deno.test("LineSink refuses what goes beyond its capacity, and waits in room()", async () => {
  const gate = Promise.withResolvers<void>();
  const trouble: string[] = [];
  let text = "";
  await using sink = new LineSink({
    description: "slow",
    writer: {
      async write(bytes) {
        await gate.promise;
        text += new TextDecoder().decode(bytes);
        return bytes.length;
      },
    },
    capacity: 2,
    onTrouble: (error) => trouble.push(error.message),
  });
  for (const json of ["1", "2", "3"]) sink.write(record, json);
  assert.deepEqual(trouble, [
    "Cannot write to slow: 2 records wait already, 1 refused so far",
  ]);
  assert.deepEqual(sink.counts(), { written: 0, dropped: 1, waiting: 2 });
  const room = sink.room();
  gate.resolve();
  await room;
  sink.write(record, "4");
  await sink.flush();
  assert.equal(text, "1\n2\n4\n");
  assert.deepEqual(sink.counts(), { written: 3, dropped: 1, waiting: 0 });
});

Deno.test("LineSink goes on at the byte where a write failed", async () => {
  const trouble: string[] = [];
  let text = "";
  let calls = 0;
  await using sink = new LineSink({
    description: "disk",
    writer: {
      write(bytes) {
        calls++;
        if (calls === 2) return Promise.reject(new Error("No space left on device"));
        const taken = Math.min(3, bytes.length);
        text += new TextDecoder().decode(bytes.subarray(0, taken));
        return Promise.resolve(taken);
      },
    },
    retryMs: 1,
    onTrouble: (error) => trouble.push(error.message),
  });
  sink.write(record, "abcdefgh");
  await sink.flush();
  assert.equal(text, "abcdefgh\n");
  assert.deepEqual(trouble, ["Cannot write to disk: No space left on device"]);
});

Deno.test("LineSink writes lines of any length and text, one after the other", async () => {
  let text = "";
  await using sink = new LineSink({
    description: "slow",
    writer: {
      async write(bytes) {
        // Whoever writes later looks at the bytes later.
        await new Promise((resolve) => setTimeout(resolve, 1));
        text += new TextDecoder().decode(bytes);
        return bytes.length;
      },
    },
    onTrouble: unexpected,
  });
  const lines = [
    "short",
    "€".repeat(21_000),
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
  assert.equal(text, [...lines, ...lines].map((line) => `${line}\n`).join(""));
});

Deno.test("LineSink ends although its writer never recovers, and says what is lost", async () => {
  const trouble: string[] = [];
  const failed = Promise.withResolvers<void>();
  const sink = new LineSink({
    description: "disk",
    writer: { write: () => Promise.reject(new Error("gone")) },
    retryMs: 3_600_000,
    onTrouble: (error) => {
      trouble.push(error.message);
      failed.resolve();
    },
  });
  sink.write(record, "1");
  sink.write(record, "2");
  await failed.promise;
  await sink[Symbol.asyncDispose]();
  assert.deepEqual(trouble, [
    "Cannot write to disk: gone",
    "Cannot write to disk: 2 records are lost",
  ]);
});

Deno.test("LineSink tells when its reader has gone, tries no more, and calls it no trouble", async () => {
  let gone = 0;
  const trouble: Error[] = [];
  await using sink = new LineSink({
    description: "pipe",
    writer: { write: () => Promise.reject(new Deno.errors.BrokenPipe("Broken pipe")) },
    capacity: 2,
    onTrouble: (error) => trouble.push(error),
    onGone: () => gone++,
  });
  sink.write(record, "1");
  await sink.flush();
  for (let i = 0; i < 5; i++) sink.write(record, "2");
  await sink.flush();
  assert.equal(gone, 1);
  assert.deepEqual(trouble, []);
});

Deno.test("fanOut() keeps one sink's failure from the others", () => {
  const got: string[] = [];
  const trouble: string[] = [];
  const dispose = { counts: noCounts, [Symbol.asyncDispose]: () => Promise.resolve() };
  const sinks = fanOut([
    {
      description: "broken",
      write() {
        throw new Error("boom");
      },
      ...dispose,
    },
    { description: "whole", write: (_record, json) => void got.push(json), ...dispose },
  ], (error) => trouble.push(error.message));
  sinks.write(record);
  assert.deepEqual(got, [JSON.stringify(record)]);
  assert.deepEqual(trouble, ["Cannot write to broken: Error: boom"]);
});

Deno.test("fanOut() refuses a record that JSON cannot hold", () => {
  const sinks = fanOut([{
    description: "any",
    write: () => assert.fail("must not be reached"),
    counts: noCounts,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }], unexpected);
  assert.throws(() => sinks.write({ ...record, data: 1n }), TypeError);
});
