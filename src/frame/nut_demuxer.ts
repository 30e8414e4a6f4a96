/** Packets out of a NUT stream, as ffmpeg's muxer writes it to a pipe. */

import { concatBytes } from "../concat_bytes.ts";
import { fileId, frameFlags, Incomplete, NutReader, startByte, startCodes } from "./nut_format.ts";

/** A stream, as its header says. */
export interface NutStream {
  readonly kind: "video" | "audio" | "other";
  /** Four characters, such as `H264`. */
  readonly fourcc: string;
  /** Milliseconds in a tick of its clock. */
  readonly msPerTick: number;
  readonly extradata: Uint8Array<ArrayBuffer>;
  /** Of video, pixels. */
  readonly width: number;
  readonly height: number;
  /** Of sound. */
  readonly sampleRate: number;
  readonly channels: number;
}

/** A packet of a stream. */
export interface NutPacket {
  /** Number of the stream. */
  readonly stream: number;
  readonly keyframe: boolean;
  /** Presentation time in milliseconds. */
  readonly timeMs: number;
  /** In memory of its own. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** A packet whose bytes are still to come, but for the first. */
export interface NutHead extends Pick<NutPacket, "timeMs"> {
  /** Bytes of the packet. */
  readonly size: number;
  /** Those of them that are here. */
  readonly begin: Uint8Array;
}

/** What stands before the bytes of a packet. */
interface FrameHead extends Omit<NutPacket, "data"> {
  readonly clock: Clock;
  readonly ticks: number;
  /** Bytes of the packet, with those that are left out. */
  readonly size: number;
  /** A beginning that is left out. */
  readonly head: Uint8Array;
}

/** Bytes of a packet at most: what is larger is no picture, but a mistake. */
const longestPacket = 64 * 1024 * 1024;

interface FrameCode {
  readonly flags: number;
  readonly ptsDelta: number;
  readonly stream: number;
  readonly sizeMul: number;
  readonly sizeLsb: number;
  readonly reserved: number;
  readonly header: number;
}

interface TimeBase {
  readonly numerator: number;
  readonly denominator: number;
}

interface Clock {
  readonly base: TimeBase;
  readonly shift: number;
  last: number;
}

interface MainHeader {
  readonly streams: number;
  readonly bases: readonly TimeBase[];
  readonly codes: readonly FrameCode[];
  /** Beginnings that packets leave out. */
  readonly headers: readonly Uint8Array[];
}

/** Takes a NUT stream that arrives in arbitrary pieces. */
export class NutDemuxer {
  #buffer = new Uint8Array(1 << 16);
  #start = 0;
  #end = 0;
  /** With fewer bytes nothing more can be read. */
  #wanted = fileId.length;
  #isBegun = false;
  #main: MainHeader | null = null;
  readonly #clocks: Clock[] = [];
  readonly #streams: NutStream[] = [];

  /** All streams; null before their headers have come. */
  get streams(): readonly NutStream[] | null {
    return this.#main !== null && this.#clocks.length === this.#main.streams ? this.#streams : null;
  }

  /** The packets that `bytes` complete. @throws {SyntaxError} when it is no NUT */
  push(bytes: Uint8Array): NutPacket[] {
    this.#append(bytes);
    const packets: NutPacket[] = [];
    while (this.#end - this.#start >= this.#wanted) {
      const reader = new NutReader(this.#buffer, this.#start, this.#end);
      try {
        const head = this.#next(reader);
        if (head !== null) packets.push(this.#packet(head, reader));
        this.#start = reader.at;
        this.#wanted = 1;
      } catch (error) {
        if (!(error instanceof Incomplete)) throw error;
        // Where the size is known, it stands there already.
        this.#wanted = Math.max(this.#wanted, this.#end - this.#start + 1);
      }
    }
    return packets;
  }

  /**
   * The head of the next packet, for one so large that it should not be copied: the rest of it is not to
   * be pushed. Null when more bytes are needed. @throws {SyntaxError} when it is no NUT
   */
  pushHead(bytes: Uint8Array): NutHead | null {
    this.#append(bytes);
    while (this.#end > this.#start) {
      const reader = new NutReader(this.#buffer, this.#start, this.#end);
      try {
        const found = this.#next(reader);
        this.#start = reader.at;
        if (found === null) continue;
        const { clock, ticks, timeMs, size, head } = found;
        clock.last = ticks;
        const end = Math.min(this.#end, this.#start + size - head.length);
        const begin = concatBytes([head, this.#buffer.subarray(this.#start, end)]);
        this.#start = end;
        return { timeMs, size, begin };
      } catch (error) {
        if (!(error instanceof Incomplete)) throw error;
        return null;
      }
    }
    return null;
  }

  #append(bytes: Uint8Array): void {
    const kept = this.#end - this.#start;
    if (this.#end + bytes.length > this.#buffer.length) {
      const capacity = Math.max(this.#buffer.length, 2 * (kept + bytes.length));
      const target = capacity > this.#buffer.length ? new Uint8Array(capacity) : this.#buffer;
      target.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = target;
      this.#start = 0;
      this.#end = kept;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Null for what is no packet of a stream. */
  #next(reader: NutReader): FrameHead | null {
    if (!this.#isBegun) {
      const id = reader.take(fileId.length);
      if (id.some((byte, index) => byte !== fileId[index])) {
        throw new SyntaxError("Cannot read NUT: it begins otherwise");
      }
      this.#isBegun = true;
      return null;
    }
    const code = reader.byte();
    if (code !== startByte) return this.#frame(code, reader);
    const kind = reader.take(7)[0]!;
    const length = reader.number();
    // A long one has a checksum of its head.
    if (length > 4096) reader.take(4);
    this.#want(reader, length);
    const content = new NutReader(reader.take(length));
    if (kind === startCodes.main[1]) this.#main ??= readMain(content);
    else if (kind === startCodes.stream[1]) this.#stream(content);
    else if (kind === startCodes.syncpoint[1]) this.#syncpoint(content);
    return null;
  }

  /** So many bytes come after those that were read. */
  #want(reader: NutReader, length: number): void {
    if (length > longestPacket) {
      throw new SyntaxError(`Cannot read NUT: a packet of ${length} bytes, above ${longestPacket}`);
    }
    this.#wanted = reader.at - this.#start + length;
  }

  /** Headers are repeated now and then. */
  #stream(reader: NutReader): void {
    const id = reader.number();
    if (id !== this.#streams.length) return;
    const kind = (["video", "audio"] as const)[reader.number()] ?? "other";
    const fourcc = String.fromCharCode(...reader.take(reader.number()));
    const base = this.#mainHeader.bases[reader.number()];
    const shift = reader.number();
    reader.number(); // Farthest distance of two times.
    reader.number(); // Delay of decoding.
    reader.number(); // Flags.
    const extradata = reader.take(reader.number()).slice();
    const [first, second, third] = kind === "other"
      ? [0, 0, 0]
      : [reader.number(), reader.number(), reader.number()];
    if (base === undefined) throw new SyntaxError("Cannot read NUT: no such time base");
    this.#clocks.push({ base, shift, last: 0 });
    this.#streams.push({
      kind,
      fourcc,
      msPerTick: 1000 * base.numerator / base.denominator,
      extradata,
      width: kind === "video" ? first : 0,
      height: kind === "video" ? second : 0,
      sampleRate: kind === "audio" ? first / Math.max(1, second) : 0,
      channels: kind === "audio" ? third : 0,
    });
  }

  get #mainHeader(): MainHeader {
    if (this.#main === null) throw new SyntaxError("Cannot read NUT: its header is missing");
    return this.#main;
  }

  /** All clocks are set: times that follow are coded by their difference. */
  #syncpoint(reader: NutReader): void {
    const { bases } = this.#mainHeader;
    const time = reader.number();
    const base = bases[time % bases.length]!;
    const ticks = Math.floor(time / bases.length);
    for (const clock of this.#clocks) clock.last = rescale(ticks, base, clock.base);
  }

  #frame(code: number, reader: NutReader): FrameHead {
    const main = this.#mainHeader;
    const kind = main.codes[code]!;
    let { flags, stream, sizeLsb: size, header, reserved } = kind;
    if (flags & frameFlags.coded) flags ^= reader.number();
    if (flags & frameFlags.invalid) {
      throw new SyntaxError(`Cannot read NUT: a frame of code ${code}`);
    }
    if (flags & frameFlags.streamId) stream = reader.number();
    const clock = this.#clocks[stream];
    if (clock === undefined) throw new SyntaxError(`Cannot read NUT: no stream ${stream}`);
    const pts = flags & frameFlags.codedPts
      ? fullTime(reader.number(), clock)
      : clock.last + kind.ptsDelta;
    if (flags & frameFlags.sizeMsb) size += kind.sizeMul * reader.number();
    if (flags & frameFlags.matchTime) reader.signed();
    if (flags & frameFlags.headerIndex) header = reader.number();
    if (flags & frameFlags.reserved) reserved = reader.number();
    for (let index = 0; index < reserved; index++) reader.number();
    if (flags & frameFlags.checksum) reader.take(4);
    const head = size > 4096 ? empty : main.headers[header];
    if (head === undefined || size < head.length || flags & frameFlags.sideData) {
      throw new SyntaxError("Cannot read NUT: a frame of an unknown form");
    }
    const { msPerTick } = this.#streams[stream]!;
    const keyframe = (flags & frameFlags.key) !== 0;
    return { stream, keyframe, timeMs: pts * msPerTick, ticks: pts, size, clock, head };
  }

  #packet(
    { stream, keyframe, timeMs, ticks, size, clock, head }: FrameHead,
    reader: NutReader,
  ): NutPacket {
    this.#want(reader, size - head.length);
    const rest = reader.take(size - head.length);
    clock.last = ticks;
    return { stream, keyframe, timeMs, data: concatBytes([head, rest]) };
  }
}

const empty = new Uint8Array(0);

function rescale(ticks: number, from: TimeBase, to: TimeBase): number {
  if (from === to) return ticks;
  // Products may need more than 53 bits.
  const value = BigInt(ticks) * BigInt(from.numerator) * BigInt(to.denominator);
  return Number(value / (BigInt(from.denominator) * BigInt(to.numerator)));
}

/** A time of which only the lowest bits were coded, or one that was coded in full. */
function fullTime(coded: number, { shift, last }: Clock): number {
  const period = 2 ** shift;
  if (coded >= period) return coded - period;
  const least = last - Math.floor((period - 1) / 2);
  return ((coded - least) % period + period) % period + least;
}

function readMain(reader: NutReader): MainHeader {
  const version = reader.number();
  if (version < 2 || version > 4) throw new SyntaxError(`Cannot read NUT of version ${version}`);
  if (version > 3) reader.number();
  const streams = reader.number();
  reader.number(); // Farthest distance of syncpoints.
  const bases = Array.from({ length: Math.min(reader.number(), 256) }, () => ({
    numerator: reader.number(),
    denominator: reader.number(),
  }));
  const codes = readCodes(reader);
  const headers: Uint8Array[] = [empty];
  // What is left is the checksum, where no beginnings are left out.
  if (reader.left > 4) {
    for (let count = reader.number(); count > 0; count--) {
      headers.push(reader.take(reader.number()).slice());
    }
  }
  return { streams, bases, codes, headers };
}

/** What the first byte of a frame stands for. */
function readCodes(reader: NutReader): FrameCode[] {
  const codes: FrameCode[] = [];
  let [ptsDelta, sizeMul, stream, header] = [0, 1, 0, 0];
  while (codes.length < 256) {
    const flags = reader.number();
    const fields = reader.number();
    if (fields > 0) ptsDelta = reader.signed();
    if (fields > 1) sizeMul = reader.number();
    if (fields > 2) stream = reader.number();
    const size = fields > 3 ? reader.number() : 0;
    const reserved = fields > 4 ? reader.number() : 0;
    const count = fields > 5 ? reader.number() : sizeMul - size;
    if (fields > 6) reader.signed();
    if (fields > 7) header = reader.number();
    for (let field = 8; field < fields; field++) reader.number();
    if (count <= 0 || count > 256) throw new SyntaxError("Cannot read NUT: its table of frames");
    for (let index = 0; index < count && codes.length < 256; index++) {
      // This byte begins something else.
      if (codes.length === startByte) codes.push({ ...invalidCode });
      codes.push({ flags, ptsDelta, stream, sizeMul, sizeLsb: size + index, reserved, header });
    }
  }
  return codes;
}

const invalidCode: FrameCode = {
  flags: frameFlags.invalid,
  ptsDelta: 0,
  stream: 0,
  sizeMul: 1,
  sizeLsb: 0,
  reserved: 0,
  header: 0,
};
