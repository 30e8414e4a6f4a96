import assert from "node:assert/strict";
import fc from "fast-check";
import { LineSplitter } from "./line_splitter.ts";

Deno.test("LineSplitter gives the same lines however the bytes are cut", () => {
  const text = fc.array(fc.constantFrom("é", "a", "\n", "\r", "\ufeff", "frame:1 ")).map((all) =>
    all.join("")
  );
  fc.assert(fc.property(text, fc.array(fc.nat(9)), (text, cuts) => {
    const bytes = new TextEncoder().encode(text);
    const lines: string[] = [];
    const splitter = new LineSplitter({ onLine: (line) => lines.push(line) });
    let at = 0;
    for (const cut of cuts) {
      splitter.push(bytes.subarray(at, at + cut));
      at += cut;
    }
    splitter.push(bytes.subarray(at));
    splitter.end();
    assert.deepEqual(lines, text.split(/[\r\n]+/).filter((line) => line !== ""));
  }));
});

Deno.test("LineSplitter makes no text of a line that was understood as bytes", () => {
  const received: string[] = [];
  const decoder = new TextDecoder();
  const splitter = new LineSplitter({
    onLine: (line) => received.push(line),
    onLineBytes: (bytes, start, end) => {
      const text = decoder.decode(bytes.subarray(start, end));
      if (text.startsWith("step")) received.push(`bytes of ${text}`);
      return text.startsWith("step");
    },
  });
  for (const piece of ["step 1\nerror\nst", "ep 2\n", "\nstep 3\r\nlast"]) {
    splitter.push(new TextEncoder().encode(piece));
  }
  splitter.end();
  assert.deepEqual(received, [
    "bytes of step 1",
    "error",
    "bytes of step 2",
    "bytes of step 3",
    "last",
  ]);
});

Deno.test("LineSplitter cuts a line that does not end", () => {
  const lines: string[] = [];
  const splitter = new LineSplitter({ onLine: (line) => lines.push(line) });
  const piece = new TextEncoder().encode("x".repeat(5000));
  for (let i = 0; i < 100; i++) splitter.push(piece);
  assert.deepEqual(lines, []);
  splitter.end();
  assert.deepEqual(lines.map(({ length }) => length), [8192]);
});

Deno.test("LineSplitter cuts a long line that comes at once", () => {
  const lines: string[] = [];
  const splitter = new LineSplitter({ onLine: (line) => lines.push(line) }, 4);
  splitter.push(new TextEncoder().encode("123456\n78"));
  splitter.end();
  assert.deepEqual(lines, ["1234", "78"]);
});
