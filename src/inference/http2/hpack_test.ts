import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import {
  BlockReader,
  decodeHeaders,
  encodeHeaders,
  HeaderBlockCache,
  staticEntries,
  staticEntry,
} from "./hpack.ts";
import { decodeHuffman } from "./huffman.ts";

Deno.test("decodeHuffman() reads the examples of RFC 7541", () => {
  const examples = {
    f1e3c2e5f23a6ba0ab90f4ff: "www.example.com",
    a8eb10649cbf: "no-cache",
    "25a849e95bb8e8b4bf": "custom-value",
    d07abe941054d444a8200595040b8166e082a62d1bff: "Mon, 21 Oct 2013 20:13:21 GMT",
    "9d29ad171863c78f0b97c8e9ae82ae43d3": "https://www.example.com",
  };
  for (const [hex, text] of Object.entries(examples)) {
    equal(decodeHuffman(Uint8Array.fromHex(hex)), text);
  }
});

Deno.test("decodeHeaders() reads static entries, literals and Huffman code", () => {
  // :status 200, content-type (index 31) application/grpc, x: no-cache in Huffman code.
  const block = Uint8Array.of(0x88, 0x5f, 0x10, ...ascii("application/grpc"), 0x00, 0x01, 0x78)
    .toHex() + "86a8eb10649cbf";
  deepEqual(
    [...decodeHeaders(Uint8Array.fromHex(block))],
    [[":status", "200"], ["content-type", "application/grpc"], ["x", "no-cache"]],
  );
});

Deno.test("decodeHeaders() gives back what encodeHeaders() took", () => {
  const text = fc.string({ unit: "grapheme-ascii", maxLength: 300, size: "max" });
  fc.assert(fc.property(fc.dictionary(text, text), (headers) => {
    const entries = Object.entries(headers);
    deepEqual([...decodeHeaders(encodeHeaders(entries))], entries);
  }));
});

Deno.test("decodeHeaders() refuses broken blocks with a RangeError", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (block) => {
    try {
      decodeHeaders(block);
    } catch (error) {
      ok(error instanceof RangeError, String(error));
    }
  }));
});

Deno.test("BlockReader.integer() reads the examples of RFC 7541, C.1, and refuses what is too large", () => {
  const read = (bits: number, ...bytes: number[]) =>
    new BlockReader(Uint8Array.from(bytes)).integer(bits);
  equal(read(5, 0b1110_1010), 10);
  equal(read(5, 0b1111_1111, 0b1001_1010, 0b0000_1010), 1337);
  equal(read(8, 42), 42);
  equal(read(5, 31, 0), 31);
  equal(read(7, 0x7f, 0xff, 0xff, 0xff, 0x7f), 0x7f + 2 ** 28 - 1);
  throws(() => read(7, 0x7f, 0xff, 0xff, 0xff, 0xff, 0), {
    message: "Cannot read headers: a number is too large",
  });
  throws(() => read(5, 31), { message: "Cannot read headers: the block is cut short" });
});

Deno.test("encodeHeaders() writes lengths of one byte, and of several, as RFC 7541 has them", () => {
  const lengths: [length: number, bytes: number[]][] = [
    [126, [126]],
    [127, [0x7f, 0]],
    [128, [0x7f, 1]],
    [127 + 127, [0x7f, 127]],
    [127 + 128, [0x7f, 0x80, 1]],
    [1337, [0x7f, 0xba, 0x09]],
  ];
  for (const [length, bytes] of lengths) {
    const block = encodeHeaders([["x", "y".repeat(length)]]);
    deepEqual([...block.subarray(0, block.byteLength - length)], [0, 1, 0x78, ...bytes]);
  }
});

Deno.test("decodeHeaders() reads a literal never to be indexed, and a table that is given up", () => {
  // 0x20: the dynamic table has no room. 0x1f 0x10: a name at index 31, in four bits and more.
  const block = Uint8Array.of(0x20, 0x1f, 0x10, 0x01, 0x79, 0x10, 0x01, 0x78, 0x01, 0x7a);
  deepEqual([...decodeHeaders(block)], [["content-type", "y"], ["x", "z"]]);
});

Deno.test("decodeHeaders() refuses a text that is longer than the block", () => {
  throws(() => decodeHeaders(Uint8Array.of(0, 1, 0x78, 5, 0x79)), {
    name: "RangeError",
    message: "Cannot read headers: the block is cut short",
  });
});

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("HeaderBlockCache tells blocks apart, and knows again those it has seen", () => {
  const cache = new HeaderBlockCache();
  const blocks = Array.from({ length: 20 }, (_, n) => encodeHeaders([["n", String(n)]]));
  for (let round = 0; round < 2; round++) {
    for (const [n, block] of blocks.entries()) equal(cache.decode(block).get("n"), String(n));
  }
  const same = encodeHeaders([["n", "19"]]);
  equal(cache.decode(same), cache.decode(blocks[19]!));
  const reused = encodeHeaders([["n", "20"]]);
  cache.decode(reused);
  reused.fill(0);
  equal(cache.decode(encodeHeaders([["n", "20"]])).get("n"), "20");
  throws(() => cache.decode(Uint8Array.of(0xff)), RangeError);
});

Deno.test("staticEntry() knows the entries 1 to 61, and no others", () => {
  equal(staticEntries, 61);
  deepEqual([1, 2, 16, 61].map(staticEntry), [
    [":authority", ""],
    [":method", "GET"],
    ["accept-encoding", "gzip, deflate"],
    ["www-authenticate", ""],
  ]);
  for (const index of [0, 62]) {
    throws(() => staticEntry(index), {
      name: "RangeError",
      message: `Cannot read headers: entry ${index} is in no table`,
    });
  }
});

Deno.test("HeaderBlockCache keeps 8 blocks of up to 4,096 bytes, the newest", () => {
  const cache = new HeaderBlockCache();
  const block = (n: number) => encodeHeaders([["n", String(n)]]);
  const first = cache.decode(block(0));
  for (let n = 1; n < 8; n++) cache.decode(block(n));
  equal(cache.decode(block(0)), first);
  const second = cache.decode(block(1));
  cache.decode(block(8));
  ok(cache.decode(block(1)) === second);
  ok(cache.decode(block(0)) !== first);
  // Name and lengths take six bytes.
  const long = (bytes: number) => encodeHeaders([["n", "x".repeat(bytes - 6)]]);
  deepEqual([long(4096).byteLength, long(4097).byteLength], [4096, 4097]);
  ok(cache.decode(long(4096)) === cache.decode(long(4096)));
  ok(cache.decode(long(4097)) !== cache.decode(long(4097)));
});

Deno.test("decodeHeaders() reads of a very long text its beginning, and goes on behind it", () => {
  const text = Array.from({ length: 70_000 }, (_, at) => at % 10).join("");
  const headers = decodeHeaders(encodeHeaders([["a", text], ["b", "2"]]));
  equal(headers.get("a"), text.slice(0, 65_536));
  equal(headers.get("b"), "2");
});
