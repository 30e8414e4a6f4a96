import { deepEqual, equal, throws } from "node:assert/strict";
import { HeaderTable } from "./header_table.ts";

const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
/** A header that is to be remembered. */
const remembered = (name: string, value: string) => [0x40, ...text(name), ...text(value)];

Deno.test("HeaderTable knows headers by their numbers, the newest first", () => {
  const table = new HeaderTable();
  const block = [...remembered("a", "1"), ...remembered("b", "2")];
  equal(table.decode(Uint8Array.from(block)).get("b"), "2");
  const again = table.decode(Uint8Array.of(0x80 | 62, 0x80 | 63));
  equal(again.get("b"), "2");
  equal(again.get("a"), "1");
  // A table of nothing forgets them.
  throws(() => table.decode(Uint8Array.of(0x20, 0x80 | 62)), RangeError);
});

Deno.test("HeaderTable remembers no more than it has to", () => {
  const table = new HeaderTable();
  const value = "x".repeat(120);
  for (let at = 0; at < 100; at++) table.decode(Uint8Array.from(remembered(`n${at}`, value)));
  equal(table.decode(Uint8Array.of(0x80 | 62)).get("n99"), value);
  throws(() => table.decode(Uint8Array.of(0xff, 61)), RangeError);
  throws(() => table.decode(Uint8Array.of(0x3f, 0xff, 0xff, 0x03)), {
    message: /^Cannot read headers: a table of 65566 bytes, allowed 4096$/,
  });
});

Deno.test("HeaderTable counts name, value and 32 bytes for each header that it remembers", () => {
  const table = new HeaderTable();
  const value = "x".repeat(120);
  // 26 of 3 + 120 + 32 bytes are 4030, one more would be 4185.
  for (let at = 10; at < 50; at++) table.decode(Uint8Array.from(remembered(`n${at}`, value)));
  equal(table.decode(Uint8Array.of(0x80 | 62 + 25)).get("n24"), value);
  throws(() => table.decode(Uint8Array.of(0x80 | 62 + 26)), RangeError);
});

Deno.test("HeaderTable reads names by their numbers, and keeps no header that is not to be remembered", () => {
  const table = new HeaderTable();
  // Entry 1 of the static table is :authority; the first is to be remembered, the second is not.
  const block = [0x40 | 1, ...text("a"), 0x00, ...text("b"), ...text("2")];
  deepEqual([...table.decode(Uint8Array.from(block))], [[":authority", "a"], ["b", "2"]]);
  deepEqual([...table.decode(Uint8Array.of(0x80 | 62))], [[":authority", "a"]]);
  throws(() => table.decode(Uint8Array.of(0x80 | 63)), RangeError);
});

Deno.test("HeaderTable takes another size up to 4,096 bytes, and goes by it", () => {
  const table = new HeaderTable();
  // A literal of a number in five bits and more: 31 + 0x61 + 0x1f × 128 = 4096.
  const resize = (size: number) => [0x3f, (size - 31) & 0x7f | 0x80, (size - 31) >> 7];
  table.decode(Uint8Array.from([...resize(4096), ...remembered("a", "1")]));
  throws(() => table.decode(Uint8Array.from(resize(4097))), /a table of 4097 bytes/);
  // Room for two of 34 bytes, and for three only just not.
  table.decode(Uint8Array.from([...resize(101), ...remembered("b", "2")]));
  equal(table.decode(Uint8Array.of(0x80 | 63)).get("a"), "1");
  table.decode(Uint8Array.from(remembered("c", "3")));
  deepEqual([...table.decode(Uint8Array.of(0x80 | 62, 0x80 | 63))], [["c", "3"], ["b", "2"]]);
  throws(() => table.decode(Uint8Array.of(0x80 | 64)), RangeError);
});
