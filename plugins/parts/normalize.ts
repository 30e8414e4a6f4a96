/** Normalises pictures for models that expect it of the client. */

import type { Frame, Tensors, UseCaseContext } from "../../src/mod.ts";

/** Three numbers each, in the order of the channels. */
export interface Normalization {
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
}

/** A `preprocess` that packs as usual, then brings each channel to `(value - mean) / std`. */
export function normalizer(
  context: UseCaseContext,
  { mean = [0, 0, 0], std = [1, 1, 1] }: Normalization,
): (frame: Frame) => Tensors {
  return function normalize(frame) {
    const tensors = context.pack(frame);
    for (const { data, datatype, shape } of Object.values(tensors)) {
      if (!(data instanceof Float32Array)) {
        throw new TypeError(
          `mean and std are for models that take FP32, this one takes ${datatype}`,
        );
      }
      // Interleaved when the channels stand last; else one plane after the other.
      const interleaved = shape.at(-1) === 3;
      const plane = data.length / 3;
      for (let channel = 0; channel < 3; channel++) {
        const [start, step] = interleaved ? [channel, 3] : [channel * plane, 1];
        const end = interleaved ? data.length : start + plane;
        const [shift, scale] = [mean[channel]!, 1 / std[channel]!];
        for (let at = start; at < end; at += step) data[at] = (data[at]! - shift) * scale;
      }
    }
    return tensors;
  };
}
