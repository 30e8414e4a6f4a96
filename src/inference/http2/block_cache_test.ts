import { equal, throws } from "node:assert/strict";
import { BlockCache } from "./block_cache.ts";
import { encodeHeaders } from "./hpack.ts";

Deno.test("BlockCache tells blocks apart, and knows again those it has seen", () => {
  const cache = new BlockCache();
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
