/** Splits the bytes of a process's stderr into lines. */

/** Nothing we read is longer, and a broken process must not fill memory. */
const longestLineBytes = 8192;

const lineFeed = 10;
const carriageReturn = 13;

/** Receives the lines. */
export interface LineListener {
  /** A line without its end; empty ones are left out. */
  onLine(line: string): void;
  /**
   * Asked first for the line that lies at `bytes[start..end)`. True when it was understood as it is,
   * so that no string need be made of it.
   */
  onLineBytes?(bytes: Uint8Array, start: number, end: number): boolean;
}

/** Cuts bytes that arrive in arbitrary pieces into lines, at `\n` or `\r`. */
export class LineSplitter {
  readonly #listener: LineListener;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** The beginning of a line that has not ended yet. */
  readonly #rest: Uint8Array;
  #restBytes = 0;

  /** Bytes beyond `longestBytes` are cut off a line. */
  constructor(listener: LineListener, longestBytes = longestLineBytes) {
    this.#listener = listener;
    this.#rest = new Uint8Array(longestBytes);
  }

  /** Hands over the lines that `bytes` complete. */
  push(bytes: Uint8Array): void {
    let start = 0;
    // Each is looked for only once it was passed: where one is seldom, every search is long.
    let feed = bytes.indexOf(lineFeed);
    let carriage = bytes.indexOf(carriageReturn);
    for (let end; (end = nearer(feed, carriage)) >= 0;) {
      if (this.#restBytes === 0) {
        this.#emit(bytes, start, end);
      } else {
        this.#keep(bytes.subarray(start, end));
        this.end();
      }
      start = end + 1;
      if (end === feed) feed = bytes.indexOf(lineFeed, start);
      else carriage = bytes.indexOf(carriageReturn, start);
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start));
  }

  /** Hands over what stands after the last line end. */
  end(): void {
    const restBytes = this.#restBytes;
    this.#restBytes = 0;
    this.#emit(this.#rest, 0, restBytes);
  }

  #keep(bytes: Uint8Array): void {
    const room = this.#rest.length - this.#restBytes;
    const kept = bytes.subarray(0, room);
    this.#rest.set(kept, this.#restBytes);
    this.#restBytes += kept.length;
  }

  #emit(bytes: Uint8Array, start: number, end: number): void {
    const cut = Math.min(end, start + this.#rest.length);
    if (start === cut || this.#listener.onLineBytes?.(bytes, start, cut)) return;
    this.#listener.onLine(this.#decoder.decode(bytes.subarray(start, cut)));
  }
}

/** The lesser of two places, of which -1 is none. */
function nearer(a: number, b: number): number {
  return a < 0 || b < 0 ? Math.max(a, b) : Math.min(a, b);
}
