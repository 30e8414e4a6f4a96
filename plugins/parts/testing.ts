/** What the tests of the plugins share: a context, a frame, tensors. */

import * as helpers from "../../src/mod.ts";
import type { DataType, FrameInfo, Tensor, Tensors, UseCaseContext } from "../../src/mod.ts";

/** A stream with a model that is never used. */
export const context: UseCaseContext = {
  stream: "s",
  model: { name: "m", inputs: [], outputs: [] },
  helpers,
  pack: (): Tensors => ({}),
  log: () => {},
};

/** A frame of a square model, filled to its edges, 40 ms after the one before. */
export function frameInfo(sequence = 0, more: Partial<FrameInfo> = {}): FrameInfo {
  return {
    stream: "s",
    sequence,
    ptsMs: sequence * 40,
    capturedAtMs: 0,
    width: 640,
    height: 640,
    pixelFormat: "rgbp",
    contentRect: { x: 0, y: 0, width: 1, height: 1 },
    ...more,
  };
}

/** A 16:9 camera in a square frame. */
export const letterboxed = { contentRect: { x: 0, y: 0.21875, width: 1, height: 0.5625 } };

/** A float tensor. */
export function fp32(shape: readonly number[], values?: Iterable<number>): Tensor {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const data = new Float32Array(count);
  if (values) data.set([...values]);
  return { datatype: "FP32", shape, data };
}

/** A tensor of another element type. */
export function tensor(
  datatype: DataType,
  shape: readonly number[],
  data: Tensor["data"],
): Tensor {
  return { datatype, shape, data };
}

/** One row of an SSD detector: label, confidence and a box of two corners. */
export type SsdRow = readonly [
  label: number,
  confidence: number,
  xMin: number,
  yMin: number,
  xMax: number,
  yMax: number,
];

/** The output of an SSD detector, `[1, 1, N, 7]`. */
export function ssd(...rows: readonly SsdRow[]): Tensors {
  const values = [...rows.map((row) => [0, ...row]), [-1, 0, 0, 0, 0, 0, 0]].flat();
  return { detection_out: fp32([1, 1, rows.length + 1, 7], values) };
}
