/** Numbers, start codes and checksums of NUT, the container in which packets go from and to ffmpeg. */

/** What a packet of the container begins with; what is missing here begins a frame. */
export const startCodes = {
  main: [0x4e, 0x4d, 0x7a, 0x56, 0x1f, 0x5f, 0x04, 0xad],
  stream: [0x4e, 0x53, 0x11, 0x40, 0x5b, 0xf2, 0xf9, 0xdb],
  info: [0x4e, 0x49, 0xab, 0x68, 0xb5, 0x96, 0xba, 0x78],
  syncpoint: [0x4e, 0x4b, 0xe4, 0xad, 0xee, 0xca, 0x45, 0x69],
} as const;

/** The first byte of every start code. */
export const startByte = 0x4e;

/** The file begins with these bytes. */
export const fileId = new TextEncoder().encode("nut/multimedia container\0");

/** What of a frame is coded in front of it, and whether it is a key frame. */
export const frameFlags = {
  key: 1,
  codedPts: 8,
  streamId: 16,
  sizeMsb: 32,
  checksum: 64,
  reserved: 128,
  sideData: 256,
  headerIndex: 1024,
  matchTime: 2048,
  coded: 4096,
  invalid: 8192,
} as const;

/** There are not enough bytes yet. */
export class Incomplete extends Error {
  override readonly name = "Incomplete";
}

/** Reads numbers from bytes. */
export class NutReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  /** Bytes from here to the end. */
  get left(): number {
    return this.#end - this.at;
  }

  byte(): number {
    if (this.at >= this.#end) throw incomplete;
    return this.bytes[this.at++]!;
  }

  /** Seven bits a byte, the highest first. */
  number(): number {
    for (let value = 0;;) {
      const byte = this.byte();
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
      if (value > Number.MAX_SAFE_INTEGER) {
        throw new SyntaxError("Cannot read NUT: number too large");
      }
    }
  }

  signed(): number {
    const value = this.number() + 1;
    const half = Math.floor(value / 2);
    return value % 2 === 1 ? -half : half;
  }

  /** So many bytes, in the memory that is read. */
  take(length: number): Uint8Array {
    if (length > this.left) throw incomplete;
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** One for all: it is thrown at the end of each piece, and its stack says nothing. */
const incomplete = new Incomplete();

/** Appends numbers to bytes. */
export class NutWriter {
  readonly #bytes: number[] = [];

  get bytes(): readonly number[] {
    return this.#bytes;
  }

  number(value: number): this {
    const groups = [value % 128];
    for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
      groups.unshift(128 + rest % 128);
    }
    this.#bytes.push(...groups);
    return this;
  }

  /** Bytes behind their length. */
  text(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.number(bytes.length).raw(bytes);
  }

  raw(bytes: Iterable<number>): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  /** CRC-32 of all so far, which follows it. */
  checksum(): this {
    const crc = crc32(this.#bytes);
    return this.raw([crc & 255, crc >>> 8 & 255, crc >>> 16 & 255, crc >>> 24]);
  }
}

/** ffmpeg's AV_CRC_32_IEEE, which begins with 0, in the order in which it is stored. */
function crc32(bytes: Iterable<number>): number {
  let crc = 0;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 255]! ^ crc >>> 8;
  return crc;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  // The polynomial's highest term stands first in a byte, but bytes are stored the lowest first.
  let crc = index << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc << 1 ^ (crc < 0 ? 0x04c11db7 : 0);
  return (crc << 24 | (crc & 0xff00) << 8 | crc >>> 8 & 0xff00 | crc >>> 24) >>> 0;
});
