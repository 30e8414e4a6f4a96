/** Buffers of pictures, used again and again. */

/** Pictures that wait, one that is filled, one that is encoded. */
const kept = 10;

/** A picture has megabytes: fresh memory for each would cost as much as reading it from the pipe. */
export class PicturePool {
  #free: Uint8Array<ArrayBuffer>[] = [];

  /** A buffer of just so many bytes, with anything in it. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const buffer = this.#free.pop();
    if (buffer?.length === bytes) return buffer;
    // Another size: what is kept will not fit again.
    this.#free = [];
    return new Uint8Array(bytes);
  }

  /** Takes a buffer back; the giver must not touch it any more. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#free.length < kept) this.#free.push(buffer);
  }
}
