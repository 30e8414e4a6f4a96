/** Which of YOLO's heads answered, told by the shapes of the outputs. */

import type { Tensor, Tensors } from "../../src/mod.ts";

/** How the numbers of a head are laid out. */
export type HeadKind = "v5" | "v8" | "v10";

/** A head, and what stands in it. */
export interface Head {
  readonly kind: HeadKind;
  /** The boxes and all that belongs to them. */
  readonly data: Float32Array;
  /** Boxes it has, good and bad. */
  readonly boxes: number;
  /** Numbers that each box has. */
  readonly values: number;
  /** Classes; 0 where the head gives the class and not a score for each. */
  readonly classes: number;
  /** Where a box's extra numbers begin: mask coefficients or keypoints. */
  readonly extrasAt: number;
  /** Pictures that a mask is mixed of; null when the head has no masks. */
  readonly prototypes: Prototypes | null;
  /** Joints of a pose; 0 when the head has none. */
  readonly keypoints: number;
}

/** `count` pictures of `height` × `width` numbers. */
export interface Prototypes {
  readonly data: Float32Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** What the outputs do not tell. */
export interface HeadHints {
  readonly head: HeadKind | "auto";
  /** Number of classes, when labels were given. */
  readonly classes: number | null;
}

/** Boxes of a head without NMS at most; one that needs it has far more, even for small pictures. */
const mostWithoutNms = 1000;
/** The joints of COCO, x, y and visibility each. */
const poseValues = 17 * 3;

/**
 * Looks at the outputs.
 *
 * | head | shape | a box |
 * | --- | --- | --- |
 * | v5, v7 | `[1, N, 5 + classes]` | centre x and y, width, height, objectness, scores |
 * | v8, v9, v11, v12 | `[1, 4 + classes, N]` | centre x and y, width, height, scores |
 * | v10 and others without NMS | `[1, up to 1000, 6]` | two corners, confidence, class |
 *
 * Behind these stand 32 coefficients when there is an output of prototypes `[1, 32, H, W]` (masks),
 * or 17 × 3 numbers (a pose).
 * @throws {TypeError} naming the outputs there are.
 */
export function readHead(outputs: Tensors, { head, classes }: HeadHints): Head {
  const all = Object.values(outputs);
  const boxes = all.filter(({ shape }) => shape.length === 3 && shape[0] === 1);
  const [main] = boxes;
  if (main === undefined || boxes.length > 1) {
    throw refusal(outputs, "one output of three dimensions");
  }
  const [, rows = 0, columns = 0] = main.shape;
  const kind = head !== "auto" ? head : guess(rows, columns);
  const values = kind === "v8" ? rows : columns;
  const prototypes = readPrototypes(all);
  const fixed = { v5: 5, v8: 4, v10: 6 }[kind];
  const left = values - fixed;
  const extras = prototypes ? prototypes.count : isPose(kind, left, classes) ? poseValues : 0;
  const found = kind === "v10" ? 0 : left - extras;
  const isRight = kind === "v10" ? left === extras : found > 0;
  if (!isRight) throw refusal(outputs, `${values} numbers for each box (${kind})`);
  if (classes !== null && found > 0 && found !== classes) {
    throw new TypeError(`labels has ${classes} names, the model has ${found} classes`);
  }
  return {
    kind,
    data: floatsOf(main),
    boxes: kind === "v8" ? columns : rows,
    values,
    classes: found,
    extrasAt: fixed + found,
    prototypes,
    keypoints: extras === poseValues ? 17 : 0,
  };
}

function guess(rows: number, columns: number): HeadKind {
  if (rows < columns) return "v8";
  const known = columns === 6 || columns === 6 + 32 || columns === 6 + poseValues;
  return rows <= mostWithoutNms && known ? "v10" : "v5";
}

/** A pose head of YOLO knows one class; labels that say otherwise go before. */
function isPose(kind: HeadKind, left: number, classes: number | null): boolean {
  if (kind === "v10") return left === poseValues;
  return left === 1 + poseValues && (classes === null || classes === 1);
}

function readPrototypes(outputs: readonly Tensor[]): Prototypes | null {
  const output = outputs.find(({ shape }) => shape.length === 4 && shape[0] === 1);
  if (!output) return null;
  const [, count = 0, height = 0, width = 0] = output.shape;
  return { data: floatsOf(output), count, height, width };
}

function floatsOf({ data, datatype }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float16Array) return new Float32Array(data);
  throw new TypeError(`the model's output is ${datatype}, it must be FP32 or FP16`);
}

function refusal(outputs: Tensors, wanted: string): TypeError {
  const shapes = Object.entries(outputs).map(([name, { shape }]) => `"${name}" [${shape}]`);
  return new TypeError(
    `the model has no YOLO head: there should be ${wanted}, there is ${
      shapes.join(", ") || "none"
    }`,
  );
}
