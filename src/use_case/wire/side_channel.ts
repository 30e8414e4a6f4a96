/** The socket for large buffers between a host and its child process. */

import type { ReadExactly } from "./pipe_frames.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * A Unix socket beside the pipes. It holds several times as much as a pipe, so that the two processes
 * wake each other that much less often: a frame of 512×512 takes half as long.
 */
export class SideChannel {
  readonly #connection: Deno.Conn;
  #written: Promise<void> = Promise.resolve();

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Null at the end. */
  readonly read: ReadExactly = async (byteLength) => {
    const bytes = new Uint8Array(byteLength);
    for (let at = 0; at < byteLength;) {
      const count = await this.#connection.read(bytes.subarray(at)).catch(() => null);
      if (count === null) return null;
      at += count;
    }
    return bytes;
  };

  /** Puts the buffers into line; the end of the other side is told elsewhere. */
  write(buffers: readonly Bytes[]): void {
    if (buffers.length === 0) return;
    this.#written = this.#written.then(() => this.#writeAll(buffers)).catch(() => {});
  }

  close(): void {
    try {
      this.#connection.close();
    } catch {
      // It was closed before.
    }
  }

  async #writeAll(buffers: readonly Bytes[]): Promise<void> {
    for (const bytes of buffers) {
      for (let at = 0; at < bytes.byteLength;) {
        at += await this.#connection.write(bytes.subarray(at));
      }
    }
  }
}
