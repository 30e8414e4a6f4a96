/** Pictures read from a stream of bytes: raw frames and JPEG files. */

import { concatBytes } from "../concat_bytes.ts";

import { MemoryPool } from "../frame/memory_pool.ts";

/** Bytes as they come: a connection, or what is read like one. */
export interface ByteSource {
  /** Fills the beginning of `into` with what there is; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/** Bytes of a stream. What is read is copied, and the stream is cancelled in the end. */
export class StreamSource implements ByteSource, AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#rest = value;
    }
    const part = this.#rest.subarray(0, into.length);
    into.set(part);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }
}

/** Gives pictures one by one. Asked anew only after it has answered. */
export interface PictureReader {
  /** The next picture; null at the end. A last one that is not whole is left out. */
  next(): Promise<Uint8Array<ArrayBuffer> | null>;
}

/**
 * Cuts raw video into frames of `frameBytes`, each in a buffer of its own that may be transferred.
 * The system writes straight into it: nothing is copied here. Buffers come from `pool` as long as it
 * has some.
 */
export class RawFrames implements PictureReader {
  readonly #source: ByteSource;
  readonly #frameBytes: number;
  readonly #pool: MemoryPool;

  constructor(source: ByteSource, frameBytes: number, pool = new MemoryPool(0)) {
    this.#source = source;
    this.#frameBytes = frameBytes;
    this.#pool = pool;
  }

  next(): Promise<Uint8Array<ArrayBuffer> | null> {
    return fill(this.#pool.take(this.#frameBytes), this.#source);
  }
}

/** Resolves to what it was given, when it is full; to null when the bytes end before. */
export async function fill<Bytes extends Uint8Array>(
  room: Bytes,
  source: ByteSource,
): Promise<Bytes | null> {
  for (let filled = 0; filled < room.length;) {
    const count = await source.read(filled === 0 ? room : room.subarray(filled));
    if (count === null) return null;
    filled += count;
  }
  return room;
}

/** Longer headers are none of ffmpeg's. */
const longestHeader = 1024;

const pieceBytes = 65_536;

/**
 * Cuts what ffmpeg's `mpjpeg` writes into JPEG files: each comes after lines of text that tell its
 * length.
 */
export class JpegFrames implements PictureReader {
  readonly #source: ByteSource;
  readonly #decoder = new TextDecoder("latin1");
  readonly #piece = new Uint8Array(pieceBytes);
  #pending = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** @throws {SyntaxError} when what comes is not what `mpjpeg` writes */
  async next(): Promise<Uint8Array<ArrayBuffer> | null> {
    for (;;) {
      const file = this.#cut();
      if (file !== null) return file;
      const count = await this.#source.read(this.#piece);
      if (count === null) return null;
      this.#pending = concatBytes([this.#pending, this.#piece.subarray(0, count)]);
    }
  }

  /** The first file, if all of it is there. */
  #cut(): Uint8Array<ArrayBuffer> | null {
    const head = this.#decoder.decode(this.#pending.subarray(0, longestHeader));
    const header = /^\s*--\S+\r\n(?:.+\r\n)*?Content-length: *(\d+)\r\n(?:.+\r\n)*\r\n/i.exec(head);
    if (header === null) {
      if (head.length === longestHeader) {
        throw new SyntaxError("Cannot find a JPEG file: no header");
      }
      return null;
    }
    const start = header[0].length;
    const end = start + Number(header[1]);
    if (this.#pending.length < end) return null;
    const file = this.#pending.slice(start, end);
    this.#pending = this.#pending.subarray(end);
    return file;
  }
}
