/** Memory used again: collecting new memory for every frame costs more than all else. */

/** Keeps a few buffers that are done with: of frames, requests and pictures of the view. */
export class MemoryPool {
  readonly #capacity: number;
  readonly #spare: ArrayBuffer[] = [];

  /** `capacity`: buffers kept at most. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** That many bytes, with anything in them; at the beginning of a buffer that may be larger. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const spare = this.#spare;
    const index = spare.findIndex(({ byteLength }) => byteLength >= length);
    if (index < 0) return new Uint8Array(length);
    const buffer = spare[index]!;
    // Not by splice(), which leaves two arrays behind.
    spare.copyWithin(index, index + 1);
    spare.pop();
    return new Uint8Array(buffer, 0, length);
  }

  /** Takes back a buffer that is no longer in use; one that was transferred is elsewhere now. */
  give(buffer: ArrayBuffer): void {
    if (buffer.detached) return;
    this.#spare.push(buffer);
    // Those that have lain longest are the likeliest to be of a size no longer asked for.
    if (this.#spare.length > this.#capacity) this.#spare.shift();
  }
}
