import assert from "node:assert/strict";
import fc from "fast-check";
import { LineSplitter } from "./line_splitter.ts";

Deno.test("LineSplitter gives the same lines however the bytes are cut", () => {
  const text = fc.array(fc.constantFrom("é", "a", "\n", "\r", "frame:1 ")).map((all) =>
    all.join("")
  );
  fc.assert(fc.property(text, fc.array(fc.nat(9)), (text, cuts) => {
    const bytes = new TextEncoder().encode(text);
    const splitter = new LineSplitter();
    const lines: string[] = [];
    let at = 0;
    for (const cut of cuts) {
      lines.push(...splitter.push(bytes.subarray(at, at + cut)));
      at += cut;
    }
    lines.push(...splitter.push(bytes.subarray(at)), ...splitter.end());
    assert.deepEqual(lines, text.split(/[\r\n]+/).filter((line) => line !== ""));
  }));
});

Deno.test("LineSplitter cuts a line that does not end", () => {
  const splitter = new LineSplitter();
  const piece = new TextEncoder().encode("x".repeat(5000));
  for (let i = 0; i < 100; i++) assert.deepEqual(splitter.push(piece), []);
  assert.equal(splitter.end()[0]?.length, 8192);
});
