/** HPACK with a dynamic table (RFC 7541), for clients that use one. */

import { BlockReader, type HeaderMap, staticEntries, staticEntry } from "./hpack.ts";

type Entry = readonly [name: string, value: string];

/** Bytes that an entry counts for besides its own (RFC 7541, section 4.1). */
const overhead = 32;
/** What a peer may remember before it was told not to. */
const mostBytes = 4096;

/**
 * Header blocks of a client that remembers headers (RFC 7541): our own client uses no dynamic table,
 * but others begin to before they were told not to.
 */
export class HeaderTable {
  /** Newest first. */
  readonly #entries: Entry[] = [];
  #size = 0;
  #maxSize = mostBytes;

  /** @throws {RangeError} when the block is broken */
  decode(block: Uint8Array): HeaderMap {
    const headers = new Map<string, string>();
    const reader = new BlockReader(block);
    while (!reader.done) {
      const first = reader.peek();
      if ((first & 0x80) !== 0) {
        headers.set(...this.#entry(reader.integer(7)));
      } else if ((first & 0xe0) === 0x20) {
        const size = reader.integer(5);
        if (size > mostBytes) {
          throw new RangeError(
            `Cannot read headers: a table of ${size} bytes, allowed ${mostBytes}`,
          );
        }
        this.#maxSize = size;
        this.#evict();
      } else {
        const remembered = (first & 0x40) !== 0;
        const index = reader.integer(remembered ? 6 : 4);
        const name = index === 0 ? reader.string() : this.#entry(index)[0];
        const entry: Entry = [name, reader.string()];
        headers.set(...entry);
        if (remembered) this.#remember(entry);
      }
    }
    return headers;
  }

  #entry(index: number): Entry {
    return this.#entries[index - staticEntries - 1] ?? staticEntry(index);
  }

  #remember(entry: Entry): void {
    this.#entries.unshift(entry);
    this.#size += sizeOf(entry);
    this.#evict();
  }

  #evict(): void {
    while (this.#size > this.#maxSize) this.#size -= sizeOf(this.#entries.pop()!);
  }
}

function sizeOf([name, value]: Entry): number {
  return name.length + value.length + overhead;
}
