import { equal, throws } from "node:assert/strict";
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
