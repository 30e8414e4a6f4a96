/** From a frame's bytes to a tensor's elements, for each element type. */

import type { DataType, TensorData } from "../frame/tensor.ts";

/** Packs the bytes of frames into one element type. */
export interface Packer {
  /** True when ffmpeg should deliver planar floats, which are the elements as they are. */
  readonly float: boolean;
  pack(bytes: Uint8Array<ArrayBuffer>): TensorData;
}

/** Makes a packer. */
type PackerFactory = (options: {
  /** Value of a full-intensity pixel in a float tensor. */
  readonly range: 1 | 255;
  /** Whether ffmpeg has a planar float format for this layout and these channels. */
  readonly planarFloat: boolean;
}) => Packer;

/**
 * Element types that a picture can be packed into.
 *
 * FP32 in 0…255 is one `Float32Array.set` over the bytes, which V8 runs as one native loop; having
 * ffmpeg deliver floats would move four times the bytes through the pipe and still need the × 255.
 */
export const packers: Partial<Record<DataType, PackerFactory>> = {
  UINT8: () => ({ float: false, pack: (bytes) => bytes }),
  FP32: ({ range, planarFloat }) => {
    if (range === 1 && planarFloat) {
      return {
        float: true,
        pack: (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4),
      };
    }
    return {
      float: false,
      pack: function packFloat32(bytes) {
        const elements = new Float32Array(bytes);
        if (range === 1) divideBy255(elements);
        return elements;
      },
    };
  },
  FP16: ({ range }) => ({
    float: false,
    pack: function packFloat16(bytes) {
      if (range === 255) return new Float16Array(bytes);
      const elements = new Float32Array(bytes);
      divideBy255(elements);
      return new Float16Array(elements);
    },
  }),
};

function divideBy255(elements: Float32Array): void {
  for (let i = 0; i < elements.length; i++) elements[i]! /= 255;
}
