import assert from "node:assert/strict";
import { type ByteSink, LineWriter } from "./line_writer.ts";

/** A stderr whose reader is ours: it takes as many bytes at once as it likes, and only while told to. */
class Reader implements ByteSink {
  text = "";
  bytesAtOnce = Infinity;
  #gate = Promise.resolve();
  #open = () => {};

  async write(bytes: Uint8Array): Promise<number> {
    await this.#gate;
    const taken = bytes.subarray(0, this.bytesAtOnce);
    this.text += new TextDecoder().decode(taken);
    return taken.length;
  }

  stop(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    this.#open = resolve;
  }

  goOn(): void {
    this.#open();
  }
}

Deno.test("LineWriter writes lines whole and in order, however little is taken at once", async () => {
  const reader = new Reader();
  reader.bytesAtOnce = 3;
  const writer = new LineWriter(reader);
  for (const line of ["first", "second", "third"]) writer.write(line);
  await writer.flush(10_000);
  assert.equal(reader.text, "first\nsecond\nthird\n");
});

Deno.test("LineWriter drops what is not read, within a bound, and says so afterwards", async () => {
  const reader = new Reader();
  reader.stop();
  const writer = new LineWriter(reader);
  const line = "x".repeat(1023);
  for (let count = 0; count < 1030; count++) writer.write(line);
  reader.goOn();
  await writer.flush(10_000);
  writer.write("after");
  await writer.flush(10_000);
  const lines = reader.text.split("\n");
  assert.deepEqual(lines.slice(-3), ["[6 log lines lost: stderr is not read]", "after", ""]);
  assert.equal(lines.filter((written) => written === line).length, 1024);
});

Deno.test("LineWriter.flush() gives up on a reader that never reads", async () => {
  const reader = new Reader();
  reader.stop();
  const writer = new LineWriter(reader);
  writer.write("stuck");
  await writer.flush(1);
  assert.equal(reader.text, "");
  reader.goOn();
  await writer.flush(10_000);
  assert.equal(reader.text, "stuck\n");
});

Deno.test("LineWriter says nothing more once the reader has gone", async () => {
  let writes = 0;
  const writer = new LineWriter({
    write() {
      writes++;
      return Promise.reject(new Deno.errors.BrokenPipe());
    },
  });
  writer.write("one");
  await writer.flush(10_000);
  writer.write("two");
  await writer.flush(10_000);
  assert.equal(writes, 1);
});

Deno.test("LineWriter goes on where a write failed, and names what was lost meanwhile, and why", async () => {
  let [text, isFull] = ["", false];
  const writer = new LineWriter({
    write(bytes) {
      if (isFull) return Promise.reject(new Error("No space left on device (os error 28)"));
      // The disk takes a part of the line, and then nothing.
      isFull = text === "";
      const taken = isFull ? bytes.subarray(0, 3) : bytes;
      text += new TextDecoder().decode(taken);
      return Promise.resolve(taken.length);
    },
  }, { retryMs: 1 });
  writer.write("first");
  await writer.flush(20);
  assert.equal(text, "fir");
  for (let count = 0; count < 1030; count++) writer.write("x".repeat(1023));
  isFull = false;
  await writer.flush(10_000);
  writer.write("after");
  await writer.flush(10_000);
  assert.ok(text.startsWith("first\nxxx"));
  const lines = text.split("\n");
  assert.deepEqual(lines.slice(-3), ["[7 log lines lost: no space left on device]", "after", ""]);
});

Deno.test("LineWriter waits for a pipe that is full", async () => {
  let [text, full] = ["", 3];
  const writer = new LineWriter({
    write(bytes) {
      if (full-- > 0) return Promise.reject(new Deno.errors.WouldBlock());
      text += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  writer.write("line");
  await writer.flush(10_000);
  assert.equal(text, "line\n");
});

Deno.test("LineWriter tries again after a second, unless it is told otherwise", async () => {
  for (const [options, delayMs] of [[{}, 1000], [{ retryMs: 7 }, 7]] as const) {
    const { setTimeout } = globalThis;
    const delays: unknown[] = [];
    let attempts = 0;
    globalThis.setTimeout = ((wake: () => void, ms: number) => {
      delays.push(ms);
      return setTimeout(wake);
    }) as typeof setTimeout;
    try {
      const writer = new LineWriter({
        write: (bytes) =>
          ++attempts === 1 ? Promise.reject(new Error("full")) : Promise.resolve(bytes.length),
      }, options);
      writer.write("a");
      while (attempts < 2) await new Promise((resolve) => setTimeout(resolve));
    } finally {
      globalThis.setTimeout = setTimeout;
    }
    assert.deepEqual(delays, [delayMs]);
  }
});

Deno.test("LineWriter waits for a full pipe twice as long each time, up to 64 ms, and begins again", async () => {
  const { setTimeout } = globalThis;
  const delays: unknown[] = [];
  const full = [9, 0, 2];
  globalThis.setTimeout = ((wake: () => void, ms: number) => {
    delays.push(ms);
    return setTimeout(wake);
  }) as typeof setTimeout;
  let left = 3;
  try {
    const writer = new LineWriter({
      write() {
        if (full[0]! > 0) {
          full[0]!--;
          return Promise.reject(new Deno.errors.WouldBlock("full"));
        }
        full.shift();
        left--;
        return Promise.resolve(1);
      },
    });
    writer.write("ab");
    while (left > 0) await new Promise((resolve) => setTimeout(resolve));
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.deepEqual(delays, [1, 2, 4, 8, 16, 32, 64, 64, 64, 1, 2]);
});
