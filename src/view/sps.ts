/** Sequence parameter sets of H.264: read as far as it takes to say that pictures come in their order. */

/** Profiles whose parameter sets say more of colour and scaling. */
const highProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const extendedAspect = 255;

/**
 * The same set, as a unit without its start code, with 0 as the number of pictures that may come in
 * another order: a decoder then holds none back. Null for one that cannot be read.
 */
export function withoutReordering(unit: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const bits = new BitReader(unescape(unit));
  try {
    const frames = skipToVui(bits);
    const writer = new BitWriter();
    const flagAt = bits.at;
    if (bits.flag()) {
      const restriction = skipVui(bits);
      writer.copy(bits, restriction.flagAt);
      writeRestriction(writer, restriction, frames);
    } else {
      writer.copy(bits, flagAt);
      writer.bits(1, 1);
      // Nothing is said of shape, signal, timing, buffers and structure.
      writer.bits(0, 8);
      writeRestriction(writer, defaults, frames);
    }
    return escape(writer.end());
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

interface Restriction {
  readonly vectorsOutside: number;
  readonly bytesDenominator: number;
  readonly bitsDenominator: number;
  readonly horizontal: number;
  readonly vertical: number;
  /** Pictures that the decoder keeps; null = it does not say. */
  readonly buffered: number | null;
}

/** What holds where a set does not say. */
const defaults: Restriction = {
  vectorsOutside: 1,
  bytesDenominator: 2,
  bitsDenominator: 1,
  horizontal: 15,
  vertical: 15,
  buffered: null,
};

function writeRestriction(writer: BitWriter, told: Restriction, frames: number): void {
  writer.bits(1, 1);
  writer.bits(told.vectorsOutside, 1);
  writer.golomb(told.bytesDenominator);
  writer.golomb(told.bitsDenominator);
  writer.golomb(told.horizontal);
  writer.golomb(told.vertical);
  writer.golomb(0);
  writer.golomb(told.buffered ?? Math.max(1, frames));
}

/** Up to the flag that says whether there is usability information; the number of reference frames. */
function skipToVui(bits: BitReader): number {
  bits.skip(8);
  const profile = bits.bits(8);
  bits.skip(16);
  bits.golomb();
  if (highProfiles.has(profile)) {
    const chroma = bits.golomb();
    if (chroma === 3) bits.skip(1);
    bits.golomb();
    bits.golomb();
    bits.skip(1);
    if (bits.flag()) {
      for (let list = 0; list < (chroma === 3 ? 12 : 8); list++) {
        if (bits.flag()) skipScalingList(bits, list < 6 ? 16 : 64);
      }
    }
  }
  bits.golomb();
  const order = bits.golomb();
  if (order === 0) bits.golomb();
  else if (order === 1) {
    bits.skip(1);
    bits.golomb();
    bits.golomb();
    for (let count = bits.golomb(); count > 0; count--) bits.golomb();
  }
  const frames = bits.golomb();
  bits.skip(1);
  bits.golomb();
  bits.golomb();
  const isProgressive = bits.flag();
  if (!isProgressive) bits.skip(1);
  bits.skip(1);
  if (bits.flag()) { for (let side = 0; side < 4; side++) bits.golomb(); }
  return frames;
}

function skipScalingList(bits: BitReader, size: number): void {
  let [last, next] = [8, 8];
  for (let index = 0; index < size; index++) {
    if (next !== 0) next = (last + bits.signedGolomb() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function skipVui(bits: BitReader): Restriction & { readonly flagAt: number } {
  if (bits.flag() && bits.bits(8) === extendedAspect) bits.skip(32);
  if (bits.flag()) bits.skip(1);
  if (bits.flag()) {
    bits.skip(4);
    if (bits.flag()) bits.skip(24);
  }
  if (bits.flag()) {
    bits.golomb();
    bits.golomb();
  }
  if (bits.flag()) bits.skip(65);
  const hasNal = bits.flag();
  if (hasNal) skipBuffers(bits);
  const hasVcl = bits.flag();
  if (hasVcl) skipBuffers(bits);
  if (hasNal || hasVcl) bits.skip(1);
  bits.skip(1);
  const flagAt = bits.at;
  if (!bits.flag()) return { ...defaults, flagAt };
  const vectorsOutside = bits.bits(1);
  const [bytesDenominator, bitsDenominator] = [bits.golomb(), bits.golomb()];
  const [horizontal, vertical] = [bits.golomb(), bits.golomb()];
  bits.golomb();
  const buffered = bits.golomb();
  return {
    flagAt,
    vectorsOutside,
    bytesDenominator,
    bitsDenominator,
    horizontal,
    vertical,
    buffered,
  };
}

function skipBuffers(bits: BitReader): void {
  const count = bits.golomb() + 1;
  bits.skip(8);
  for (let index = 0; index < count; index++) {
    bits.golomb();
    bits.golomb();
    bits.skip(1);
  }
  bits.skip(20);
}

/** Without the bytes that keep a start code from appearing within. */
export function unescape(unit: Uint8Array): Uint8Array {
  return unit.filter((byte, at) => !(byte === 3 && unit[at - 1] === 0 && unit[at - 2] === 0));
}

function escape(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const escaped: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      escaped.push(3);
      zeros = 0;
    }
    escaped.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(escaped);
}

/** Throws a RangeError behind the end. */
class BitReader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bits(count: number): number {
    let value = 0;
    for (; count > 0; count--, this.at++) {
      const byte = this.#bytes[this.at >> 3];
      if (byte === undefined) throw new RangeError("Cannot read the parameter set: it ends");
      value = value * 2 + (byte >> (7 - (this.at & 7)) & 1);
    }
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  skip(count: number): void {
    this.at += count;
  }

  golomb(): number {
    let zeros = 0;
    while (!this.flag()) {
      if (++zeros > 32) throw new RangeError("Cannot read the parameter set: a number too large");
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  signedGolomb(): number {
    const value = this.golomb();
    return value % 2 === 1 ? (value + 1) / 2 : -value / 2;
  }
}

class BitWriter {
  readonly #bits: number[] = [];

  /** The first `count` bits of another. */
  copy(from: BitReader, count: number): void {
    from.at = 0;
    for (let index = 0; index < count; index++) this.#bits.push(from.bits(1));
  }

  bits(value: number, count: number): void {
    for (let index = count - 1; index >= 0; index--) {
      this.#bits.push(Math.floor(value / 2 ** index) % 2);
    }
  }

  golomb(value: number): void {
    const length = Math.floor(Math.log2(value + 1));
    this.bits(0, length);
    this.bits(value + 1, length + 1);
  }

  /** With the bit that ends a unit. */
  end(): Uint8Array {
    const bits = [...this.#bits, 1];
    const bytes = new Uint8Array(Math.ceil(bits.length / 8));
    bits.forEach((bit, at) => bytes[at >> 3]! |= bit << (7 - (at & 7)));
    return bytes;
  }
}
