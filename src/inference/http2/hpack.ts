/**
 * Header blocks of HTTP/2 (HPACK, RFC 7541) with no dynamic table: we ask the peer to use none
 * (SETTINGS_HEADER_TABLE_SIZE = 0), and send every header in full.
 */

import { decodeHuffman } from "./huffman.ts";

/** Headers by lower-case name; the last of several values of a name. */
export type HeaderMap = ReadonlyMap<string, string>;

/** A header block of `headers`, pseudo headers first, names in lower case, all ASCII. */
export function encodeHeaders(headers: Iterable<readonly [string, string]>): Uint8Array {
  const bytes: number[] = [];
  for (const [name, value] of headers) {
    // A literal that is not to be remembered, its name in full.
    bytes.push(0x00);
    writeString(bytes, name);
    writeString(bytes, value);
  }
  return Uint8Array.from(bytes);
}

/** Bytes of a text that are read; only a message of an error is ever longer, and it is shown cut. */
const longestText = 65_536;
/** Arguments of a call that any engine takes. */
const mostArguments = 8_192;

/** @throws {RangeError} when the block is broken, or refers to a table that there is not */
export function decodeHeaders(block: Uint8Array): HeaderMap {
  const headers = new Map<string, string>();
  const reader = new BlockReader(block);
  while (!reader.done) {
    const first = reader.peek();
    if ((first & 0x80) !== 0) {
      const [name, value] = staticEntry(reader.integer(7));
      headers.set(name, value);
    } else if ((first & 0xe0) === 0x20) {
      // A new size of the dynamic table; it can only be 0.
      reader.integer(5);
    } else {
      // A literal: to be remembered (6 bits of index), not so, or never so (4 bits).
      const index = reader.integer((first & 0x40) !== 0 ? 6 : 4);
      const name = index === 0 ? reader.string() : staticEntry(index)[0];
      headers.set(name, reader.string());
    }
  }
  return headers;
}

/** Blocks kept: headers and trailers of answers of a few kinds. */
const cachedBlocks = 8;
/** Longer blocks hold messages of errors, which hardly come twice. */
const longestCached = 4_096;

/** Decodes header blocks, each only once: with no dynamic table, a server's are nearly always the same. */
export class HeaderBlockCache {
  /** Oldest first. */
  readonly #decoded: { readonly block: Uint8Array; readonly headers: HeaderMap }[] = [];

  /**
   * The block may lie in memory that is used again.
   * @throws {RangeError} when the block is broken, or refers to a table that there is not
   */
  decode(block: Uint8Array): HeaderMap {
    const known = this.#decoded.find((known) => areEqual(known.block, block));
    if (known !== undefined) return known.headers;
    const headers = decodeHeaders(block);
    if (block.byteLength > longestCached) return headers;
    this.#decoded.push({ block: new Uint8Array(block), headers });
    if (this.#decoded.length > cachedBlocks) this.#decoded.shift();
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

function writeString(bytes: number[], text: string): void {
  writeInteger(bytes, text.length);
  for (let index = 0; index < text.length; index++) bytes.push(text.charCodeAt(index) & 0x7f);
}

// With the 7 bits that a string's length begins with; the eighth would say that it is compressed.
function writeInteger(bytes: number[], value: number): void {
  if (value < 0x7f) {
    bytes.push(value);
    return;
  }
  bytes.push(0x7f);
  let rest = value - 0x7f;
  for (; rest >= 0x80; rest >>>= 7) bytes.push(rest & 0x7f | 0x80);
  bytes.push(rest);
}

/** Reads a header block piece by piece. */
export class BlockReader {
  readonly #block: Uint8Array;
  #offset = 0;

  constructor(block: Uint8Array) {
    this.#block = block;
  }

  get done(): boolean {
    return this.#offset >= this.#block.byteLength;
  }

  peek(): number {
    const byte = this.#block[this.#offset];
    if (byte === undefined) throw new RangeError("Cannot read headers: the block is cut short");
    return byte;
  }

  /** An integer that begins in the low `bits` bits of the next byte. */
  integer(bits: number): number {
    const limit = (1 << bits) - 1;
    let value = this.#next() & limit;
    if (value < limit) return value;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#next();
      value += (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw new RangeError("Cannot read headers: a number is too large");
  }

  /** A text, of a very long one its beginning. */
  string(): string {
    const compressed = (this.peek() & 0x80) !== 0;
    const length = this.integer(7);
    const bytes = this.#block.subarray(this.#offset, this.#offset + length);
    if (bytes.byteLength < length) {
      throw new RangeError("Cannot read headers: the block is cut short");
    }
    this.#offset += length;
    const begin = bytes.subarray(0, longestText);
    return compressed ? decodeHuffman(begin) : decodeLatin1(begin);
  }

  #next(): number {
    const byte = this.peek();
    this.#offset++;
    return byte;
  }
}

function decodeLatin1(bytes: Uint8Array): string {
  let text = "";
  for (let begin = 0; begin < bytes.byteLength; begin += mostArguments) {
    text += String.fromCharCode(...bytes.subarray(begin, begin + mostArguments));
  }
  return text;
}

/** Name and value at an index of the static table. */
export function staticEntry(index: number): readonly [string, string] {
  const entry = staticTable[index - 1];
  if (entry === undefined) {
    throw new RangeError(`Cannot read headers: entry ${index} is in no table`);
  }
  return entry;
}

/** Entries of the static table; indices begin with 1. */
export const staticEntries = 61;

// RFC 7541, appendix A: names in order, a value behind `=`.
const staticTable: readonly (readonly [string, string])[] = [
  ":authority :method=GET :method=POST :path=/ :path=/index.html :scheme=http :scheme=https",
  ":status=200 :status=204 :status=206 :status=304 :status=400 :status=404 :status=500",
  "accept-charset accept-encoding=gzip,deflate accept-language accept-ranges accept",
  "access-control-allow-origin age allow authorization cache-control content-disposition",
  "content-encoding content-language content-length content-location content-range content-type",
  "cookie date etag expect expires from host if-match if-modified-since if-none-match if-range",
  "if-unmodified-since last-modified link location max-forwards proxy-authenticate",
  "proxy-authorization range referer refresh retry-after server set-cookie",
  "strict-transport-security transfer-encoding user-agent vary via www-authenticate",
].join(" ").split(" ").map((entry) => {
  const [name = "", value = ""] = entry.split("=");
  return [name, value.replace("gzip,deflate", "gzip, deflate")] as const;
});
