/** Converts a frame's bytes to tensor elements, for each element type. */

import type { DataType, TensorData } from "../../frame/tensor.ts";

/** Packs the bytes of a frame into elements of one type. */
export interface Packer {
  readonly elementBytes: number;
  /** `memory` has room for as many elements as there are bytes. */
  pack(bytes: Uint8Array<ArrayBuffer>, memory: ArrayBuffer): TensorData;
}

/**
 * Makes a packer; null where the frame's bytes are the elements. `range` is the value of a
 * full-intensity pixel in a float tensor.
 */
type PackerFactory = (range: 1 | 255) => Packer | null;

/**
 * Element types that a picture can be packed into.
 *
 * Floats in 0…255 are one typed-array copy of the bytes, which V8 runs as one native loop; floats in
 * 0…1 are looked up, 0.8 ms for 512 × 512 × 3. Having ffmpeg deliver floats costs it 2.7 ms for as
 * many and four times the bytes through the pipe, and 250 becomes 249.04 / 255.
 */
export const packers: Partial<Record<DataType, PackerFactory>> = {
  UINT8: () => null,
  FP32: (range) => floatPacker(Float32Array, range),
  FP16: (range) => floatPacker(Float16Array, range),
};

function floatPacker(
  Elements: typeof Float32Array | typeof Float16Array,
  range: 1 | 255,
): Packer {
  const fractions = Array.from({ length: 256 }, (_, byte) => byte / 255);
  const values = range === 255 ? null : Elements.from(fractions);
  return {
    elementBytes: Elements.BYTES_PER_ELEMENT,
    pack(bytes, memory) {
      const elements = new Elements(memory, 0, bytes.length);
      if (values === null) elements.set(bytes);
      else for (let i = 0; i < bytes.length; i++) elements[i] = values[bytes[i]!]!;
      return elements;
    },
  };
}
