/** Header blocks that were decoded before: without a dynamic table, a server's are ever the same. */

import { decodeHeaders, type HeaderMap } from "./hpack.ts";

/** Blocks remembered: the beginnings and ends of answers of a few kinds. */
const capacity = 8;
/** Longer ones are messages of errors, which hardly come twice. */
const longestKnown = 4_096;

/** Decodes header blocks, each that it knows only once. */
export class BlockCache {
  /** Oldest first. */
  readonly #known: { readonly block: Uint8Array; readonly headers: HeaderMap }[] = [];

  /**
   * The block may lie in memory that is used again.
   * @throws {RangeError} when the block is broken, or refers to a table that there is not
   */
  decode(block: Uint8Array): HeaderMap {
    const known = this.#known.find((known) => areEqual(known.block, block));
    if (known !== undefined) return known.headers;
    const headers = decodeHeaders(block);
    if (block.byteLength > longestKnown) return headers;
    this.#known.push({ block: new Uint8Array(block), headers });
    if (this.#known.length > capacity) this.#known.shift();
    return headers;
  }
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false;
  for (let index = 0; index < a.byteLength; index++) {
    if (a[index] !== b[index]) return false;
  }
  return true;
}
