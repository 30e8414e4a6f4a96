import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { decodeHeaders, encodeHeaders } from "./hpack.ts";
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
  const text = fc.string({ unit: "grapheme-ascii", maxLength: 300 });
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

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
