/** From a frame's bytes to a tensor's elements, for each element type. */

import type { DataType, TensorData } from "../../frame/tensor.ts";

/** Packs the bytes of a frame into elements of one type. */
type Pack = (bytes: Uint8Array<ArrayBuffer>) => TensorData;

/** Makes a packer. `range` is the value of a full-intensity pixel in a float tensor. */
type PackFactory = (range: 1 | 255) => Pack;

/**
 * Element types that a picture can be packed into.
 *
 * Floats in 0…255 are one typed-array copy of the bytes, which V8 runs as one native loop; floats in
 * 0…1 are looked up, 0.8 ms for 512 × 512 × 3. Having ffmpeg deliver floats costs it 2.7 ms for as
 * many and four times the bytes through the pipe, and 250 becomes 249.04 / 255.
 */
export const packers: Partial<Record<DataType, PackFactory>> = {
  UINT8: () => (bytes) => bytes,
  FP32: (range) => {
    if (range === 255) return (bytes) => new Float32Array(bytes);
    const values = Float32Array.from({ length: 256 }, fraction);
    return (bytes) => lookUp(bytes, values, new Float32Array(bytes.length));
  },
  FP16: (range) => {
    if (range === 255) return (bytes) => new Float16Array(bytes);
    const values = Float16Array.from({ length: 256 }, fraction);
    return (bytes) => lookUp(bytes, values, new Float16Array(bytes.length));
  },
};

function fraction(_: unknown, byte: number): number {
  return byte / 255;
}

function lookUp<Elements extends Float32Array | Float16Array>(
  bytes: Uint8Array,
  values: Elements,
  elements: Elements,
): Elements {
  for (let i = 0; i < bytes.length; i++) elements[i] = values[bytes[i]!]!;
  return elements;
}
