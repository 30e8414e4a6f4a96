/** The camera's own compressed stream, on its way to the live view. */

/** A piece of the compressed stream as the camera sent it, in MPEG transport stream form. */
export interface CompressedChunk {
  /** Whole transport packets. */
  readonly data: Uint8Array;
  /** True when decoding can begin with this chunk. */
  readonly keyframe: boolean;
}

/** Whoever takes the compressed stream. It must not wait, nor keep the source waiting. */
export interface CompressedTap {
  /** A new run of the source begins: another codec or size may follow. */
  begin(): void;
  write(chunk: CompressedChunk): void;
}
