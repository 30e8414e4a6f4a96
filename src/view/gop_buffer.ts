/** What a decoder needs to begin at once: the compressed stream since its last key frame. */

import type { CompressedChunk } from "../frame/compressed.ts";

/** Bytes. A camera with 10 s between key frames at 12 Mbit/s fits. */
const defaultLimit = 16 * 1024 * 1024;

/** Keeps chunks from the newest key frame on; a group that outgrows the limit is let go. */
export class GopBuffer {
  #chunks: CompressedChunk[] = [];
  #bytes = 0;
  readonly #limit: number;

  constructor(limit = defaultLimit) {
    this.#limit = limit;
  }

  /** In order, the first of them a key frame; empty while there is nothing to begin with. */
  get chunks(): readonly CompressedChunk[] {
    return this.#chunks;
  }

  /** Size of what is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: CompressedChunk): void {
    if (chunk.keyframe) this.clear();
    else if (this.#chunks.length === 0) return;
    if (this.#bytes + chunk.data.length > this.#limit) return this.clear();
    this.#chunks.push(chunk);
    this.#bytes += chunk.data.length;
  }

  clear(): void {
    // A new array, not an emptied one: a reader may be going through the old one.
    this.#chunks = [];
    this.#bytes = 0;
  }
}
