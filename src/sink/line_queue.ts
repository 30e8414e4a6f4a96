/** A bounded queue of encoded lines that wait to be written. */

/** Lines share memory in pieces of so many bytes; a longer one has memory of its own. */
const chunkBytes = 65_536;

/** Whole lines that lie one behind the other: in `bytes[from..to)`. */
interface Chunk {
  readonly bytes: Uint8Array;
  from: number;
  to: number;
}

/** A queue with a bound in bytes, out of which a line may be written in parts. */
export class LineQueue {
  readonly #capacityBytes: number;
  readonly #encoder = new TextEncoder();
  /** Oldest first; the last one takes what comes. */
  readonly #chunks: Chunk[] = [];
  /** Of each line, its end included; those before `#first` are gone. */
  #lengths: number[] = [];
  #first = 0;
  #bytes = 0;
  /** Bytes of the first line that are written already. */
  #begun = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  /** Lines that are not written in full. */
  get lines(): number {
    return this.#lengths.length - this.#first;
  }

  /** Their bytes, what is written of the first one included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a part of the first line is written. */
  get isMidLine(): boolean {
    return this.#begun > 0;
  }

  /** Takes a line, given without its end; false when there is no room for it. */
  push(line: string): boolean {
    // A character takes a byte at least.
    if (this.#bytes + line.length + 1 > this.#capacityBytes) return false;
    const chunk = this.#chunks.at(-1);
    const length = chunk && this.#encode(line, chunk) || this.#pushAlone(line);
    if (length === 0) return false;
    this.#lengths.push(length);
    this.#bytes += length;
    return true;
  }

  /** What is to be written next: whole lines, but for what is written of the first. */
  next(): Uint8Array {
    const chunk = this.#chunks[0];
    return chunk ? chunk.bytes.subarray(chunk.from + this.#begun, chunk.to) : new Uint8Array();
  }

  /** So many bytes of `next()` are written; returns how many lines that completes. */
  took(bytes: number): number {
    let lines = 0;
    this.#begun += bytes;
    for (let length; this.#begun >= (length = this.#lengths[this.#first] ?? Infinity);) {
      this.#begun -= length;
      this.#bytes -= length;
      this.#chunks[0]!.from += length;
      this.#first++;
      lines++;
    }
    this.#forget();
    return lines;
  }

  /** The first line shall be written from its beginning. */
  beginAgain(): void {
    this.#begun = 0;
  }

  /** Drops everything; returns how many lines that were. */
  clear(): number {
    const { lines } = this;
    this.#chunks.length = this.#lengths.length = 0;
    this.#first = this.#bytes = this.#begun = 0;
    return lines;
  }

  /** Bytes that the line takes in the rest of the chunk; 0 when it does not fit, or there is no room. */
  #encode(line: string, chunk: Chunk): number {
    const rest = chunk.bytes.subarray(chunk.to);
    if (line.length >= rest.length) return 0;
    const { read, written } = this.#encoder.encodeInto(line, rest);
    const length = written + 1;
    if (read < line.length || length > rest.length) return 0;
    if (this.#bytes + length > this.#capacityBytes) return 0;
    rest[written] = lineFeed;
    chunk.to += length;
    return length;
  }

  #pushAlone(line: string): number {
    const chunk = { bytes: new Uint8Array(chunkBytes), from: 0, to: 0 };
    const length = this.#encode(line, chunk);
    if (length > 0) {
      this.#chunks.push(chunk);
      return length;
    }
    const bytes = this.#encoder.encode(line + "\n");
    if (this.#bytes + bytes.length > this.#capacityBytes) return 0;
    this.#chunks.push({ bytes, from: 0, to: bytes.length });
    return bytes.length;
  }

  /** Lets go of what is written; the last chunk's memory is used again. */
  #forget(): void {
    const [chunk] = this.#chunks;
    if (chunk && chunk.from === chunk.to) {
      if (this.#chunks.length > 1 || chunk.bytes.length !== chunkBytes) this.#chunks.shift();
      else chunk.from = chunk.to = 0;
    }
    if (this.#first === this.#lengths.length) {
      this.#lengths.length = this.#first = 0;
    } else if (this.#first > 4096 && 2 * this.#first > this.#lengths.length) {
      this.#lengths = this.#lengths.slice(this.#first);
      this.#first = 0;
    }
  }
}

const lineFeed = 10;
