/** Reads a byte stream in pieces of the size that is asked for. */

/** Takes exact numbers of bytes from a stream. */
export class ByteReader implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** Whether no byte is left. */
  async atEnd(): Promise<boolean> {
    while (this.#rest.byteLength === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return true;
      this.#rest = value;
    }
    return false;
  }

  /**
   * The next `size` bytes, in memory of their own.
   * @throws {RangeError} when the stream ends before.
   */
  async read(size: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(size);
    for (let filled = 0; filled < size;) {
      if (await this.atEnd()) {
        throw new RangeError(`Cannot read ${size} bytes: the stream ends after ${filled}`);
      }
      const piece = this.#rest.subarray(0, size - filled);
      bytes.set(piece, filled);
      filled += piece.byteLength;
      this.#rest = this.#rest.subarray(piece.byteLength);
    }
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
