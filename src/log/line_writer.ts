/** Log lines on their way to stderr. */

/** The part of `Deno.stderr` that is used. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Bytes that may wait for a reader that does not read (a pager, a full pipe). */
const MAX_WAITING_BYTES = 1 << 20;

/**
 * Writes lines in order without ever holding up the caller: a stderr that nobody reads must not stop
 * the camera, which a synchronous write would. Beyond 1 MiB lines are dropped, counted, and the gap
 * is named where it is.
 */
export class LineWriter {
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #writing: Promise<void> | null = null;
  #closed = false;
  readonly #sink: ByteSink;
  readonly #encoder = new TextEncoder();

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Accepts one line, given without its end. */
  write(line: string): void {
    if (this.#closed) return;
    const bytes = this.#encoder.encode(line + "\n");
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#lost++;
      return;
    }
    if (this.#lost > 0) {
      const note = this.#encoder.encode(`[${this.#lost} log lines lost: nobody reads stderr]\n`);
      this.#lost = 0;
      this.#push(note);
    }
    this.#push(bytes);
    this.#writing ??= this.#drain();
  }

  /** Resolves when everything accepted so far is written, or after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#writing === null) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
  }

  #push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const bytes = joined(this.#waiting);
        this.#waiting = [];
        for (let sent = 0; sent < bytes.length;) {
          sent += await this.#sink.write(bytes.subarray(sent));
        }
        this.#waitingBytes -= bytes.length;
      }
    } catch {
      // Whoever read stderr has gone; there is nowhere left to say so.
      this.#closed = true;
      this.#waiting = [];
    }
    this.#writing = null;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
