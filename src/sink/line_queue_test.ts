import assert from "node:assert/strict";
import fc from "fast-check";
import { LineQueue } from "./line_queue.ts";

const text = new TextDecoder();
const bytesOf = (line: string) => new TextEncoder().encode(line + "\n").length;

/** Takes out what is there, in pieces of at most so many bytes. */
function drain(queue: LineQueue, most: number): { text: string; lines: number } {
  const got: number[] = [];
  let lines = 0;
  while (queue.lines > 0) {
    const piece = queue.next().subarray(0, most);
    got.push(...piece);
    lines += queue.took(piece.length);
  }
  return { text: text.decode(Uint8Array.from(got)), lines };
}

const line = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll("\n", "")),
  fc.constantFrom("x".repeat(65_535), "x".repeat(65_536), "€".repeat(21_845), "ü".repeat(50_000)),
);

Deno.test("LineQueue gives back every line in order, whatever is taken at once", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ line, drain: fc.boolean() }), { maxLength: 30 }),
      fc.integer({ min: 1000, max: 200_000 }),
      (steps, most) => {
        const queue = new LineQueue(10 << 20);
        let [pushed, given, lines] = ["", "", 0];
        for (const { line, drain: now } of steps) {
          assert.ok(queue.push(line));
          // What a string holds that is no text becomes the same mark in both.
          pushed += text.decode(new TextEncoder().encode(line)) + "\n";
          if (!now) continue;
          const got = drain(queue, most);
          given += got.text;
          lines += got.lines;
        }
        const got = drain(queue, most);
        assert.equal(given + got.text, pushed);
        assert.equal(lines + got.lines, steps.length);
        assert.deepEqual([queue.lines, queue.bytes, queue.isMidLine], [0, 0, false]);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("LineQueue holds no more bytes than it may, and is exact about them", () => {
  fc.assert(fc.property(
    fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 50 }),
    fc.integer({ min: 0, max: 400 }),
    (lines, capacity) => {
      const queue = new LineQueue(capacity);
      let [bytes, count] = [0, 0];
      for (const line of lines) {
        const fits = bytes + bytesOf(line) <= capacity;
        assert.equal(queue.push(line), fits);
        if (fits) [bytes, count] = [bytes + bytesOf(line), count + 1];
        assert.deepEqual([queue.bytes, queue.lines], [bytes, count]);
      }
    },
  ));
});

Deno.test("LineQueue writes a line that was begun from its beginning, when it is told to", () => {
  const queue = new LineQueue(1000);
  queue.push("abc");
  queue.push("def");
  assert.equal(queue.took(6), 1);
  assert.ok(queue.isMidLine);
  queue.beginAgain();
  assert.equal(text.decode(queue.next()), "def\n");
  assert.equal(queue.clear(), 1);
  assert.deepEqual([queue.lines, queue.bytes, queue.next().length], [0, 0, 0]);
});

Deno.test("LineQueue counts its lines over many thousands of them", () => {
  const queue = new LineQueue(10 << 20);
  for (let line = 0; line < 20_000; line++) assert.ok(queue.push(String(line)));
  let [got, taken] = ["", 0];
  while (queue.lines > 0) {
    const piece = queue.next().subarray(0, 7001);
    got += text.decode(piece);
    taken += queue.took(piece.length);
    assert.equal(queue.lines, 20_000 - taken);
  }
  assert.equal(got, Array.from({ length: 20_000 }, (_, line) => `${line}\n`).join(""));
});
