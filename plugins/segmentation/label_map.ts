/** The class of each cell, from the output of a segmentation model. */

import type { Tensor, TensorData } from "../../src/mod.ts";

/** Numbers of classes, row by row. */
export interface LabelMap {
  readonly ids: Uint16Array;
  readonly width: number;
  readonly height: number;
}

type Numbers = Exclude<TensorData, readonly Uint8Array[] | BigInt64Array | BigUint64Array>;

/**
 * Reads scores or classes; see `segmentation.ts` for the shapes.
 * @throws {TypeError} when the output is no map of them.
 */
export function labelMapOf({ shape, data, datatype }: Tensor, threshold: number): LabelMap {
  const [batch, ...others] = shape;
  const [classes = 0, height = 0, width = 0] = others.length === 2 ? [1, ...others] : others;
  if (batch !== 1 || others.length < 2 || others.length > 3 || classes * height * width === 0) {
    throw noMap(datatype, shape);
  }
  const numbers = numbersOf(data, datatype);
  const ids = classes > 1
    ? bestOf(numbers, classes, height * width)
    : classesIn(numbers, threshold);
  return { ids, width, height };
}

/** A side of fewer cells is no map's, nor is one so many times the other: rows of boxes are such. */
const [leastSide, mostRatio] = [8, 16];

/**
 * Looks at the output that a model declares, with 0 for what it leaves open.
 * @throws {TypeError} when it is no map.
 */
export function checkMap({ datatype, shape }: Tensor): void {
  const sides = shape.slice(-2).filter((extent) => extent > 0).toSorted((a, b) => a - b);
  const [least = leastSide, most = least] = sides;
  const isMap = (shape.length === 3 || shape.length === 4) && shape[0]! <= 1 &&
    least >= leastSide && most <= least * mostRatio;
  if (!isMap) throw noMap(datatype, shape);
}

function noMap(datatype: string, shape: readonly number[]): TypeError {
  return new TypeError(
    `the model's output is ${datatype} [${shape}], it must be [1, classes, H, W] or [1, H, W]`,
  );
}

/** A map of at most so many cells a side, by leaving out rows and columns. */
export function thinned(map: LabelMap, most: number): LabelMap {
  const step = Math.ceil(Math.max(map.width, map.height) / most);
  if (step <= 1) return map;
  const width = Math.ceil(map.width / step);
  const height = Math.ceil(map.height / step);
  const ids = new Uint16Array(width * height);
  // The cell in the middle of each block, so that nothing shifts by half a block.
  const middle = step >> 1;
  for (let y = 0; y < height; y++) {
    const row = Math.min(map.height - 1, y * step + middle) * map.width;
    for (let x = 0; x < width; x++) {
      ids[y * width + x] = map.ids[row + Math.min(map.width - 1, x * step + middle)]!;
    }
  }
  return { ids, width, height };
}

function numbersOf(data: TensorData, datatype: string): Numbers {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Float64Array.from(data, Number);
  }
  // Elements of half floats are slow to read one by one.
  if (data instanceof Float16Array) return new Float32Array(data);
  if (ArrayBuffer.isView(data)) return data as Numbers;
  throw new TypeError(`the model's output is ${datatype}, it must be numbers`);
}

/** One class after the other, as the scores lie in memory. */
function bestOf(scores: Numbers, classes: number, cells: number): Uint16Array {
  const ids = new Uint16Array(cells);
  const best = new Float32Array(scores.subarray(0, cells));
  for (let id = 1; id < classes; id++) {
    const plane = scores.subarray(id * cells, (id + 1) * cells);
    for (let at = 0; at < cells; at++) {
      const score = plane[at]!;
      if (score > best[at]!) {
        best[at] = score;
        ids[at] = id;
      }
    }
  }
  return ids;
}

function classesIn(numbers: Numbers, threshold: number): Uint16Array {
  if (numbers.every((value: number) => Number.isInteger(value))) return new Uint16Array(numbers);
  return new Uint16Array(numbers.map((value: number) => value >= threshold ? 1 : 0));
}
