/** Recognises the YOLO head by the shapes of the outputs. */

import type { Tensor, Tensors } from "../../src/mod.ts";
import { boxesLookLike, type HeadKind, outputsLookLike } from "./likeness.ts";

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
  /** Numbers of a joint: 3, or 2 where the model gives no confidence. */
  readonly jointValues: number;
}

/** `count` pictures of `height` × `width` numbers. */
export interface Prototypes {
  readonly data: Float32Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** Joints of a pose: how many, and how many numbers each has. */
export interface Keypoints {
  readonly count: number;
  readonly values: number;
}

/** What the outputs do not show. */
export interface HeadHints {
  readonly head: HeadKind | "auto";
  /** Number of classes, when labels were given or the model names them. */
  readonly classes: number | null;
  /** Whose number that is, to be named when it is wrong. @default {"labels"} */
  readonly classesOf?: "labels" | "model";
  /** What the model says of its joints. @default {null} */
  readonly keypoints?: Keypoints | null;
}

/** Boxes of a head without NMS at most; one that needs it has far more, even for small pictures. */
const mostWithoutNms = 1000;
/** The joints of COCO, x, y and visibility each. */
const cocoPose: Keypoints = { count: 17, values: 3 };
const fixedValues: Readonly<Record<HeadKind, number>> = { v5: 5, v8: 4, v10: 6 };

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
 * or the numbers of a pose: 17 × 3 unless the model says otherwise.
 * @throws {TypeError} naming the outputs there are, and what they look like.
 */
export function readHead(outputs: Tensors, hints: HeadHints): Head {
  const { head, classes, classesOf = "labels", keypoints = null } = hints;
  const all = Object.values(outputs);
  const boxes = all.filter(({ shape }) => shape.length === 3 && shape[0] === 1);
  const [main] = boxes;
  if (main === undefined || boxes.length > 1) {
    throw refusal(outputs, "one output of three dimensions", outputsLookLike(all));
  }
  const [, rows = 0, columns = 0] = main.shape;
  const prototypes = readPrototypes(all);
  const pose = keypoints ?? cocoPose;
  const poseValues = pose.count * pose.values;
  const kind = head !== "auto" ? head : guess(rows, columns, poseValues);
  const values = kind === "v8" ? rows : columns;
  const left = values - fixedValues[kind];
  const isPose = keypoints !== null || looksLikePose(kind, left, classes);
  const extras = prototypes ? prototypes.count : isPose ? poseValues : 0;
  const found = kind === "v10" ? 0 : left - extras;
  const isRight = kind === "v10" ? left === extras : found > 0;
  const shape = { kind, rows, values, left, classes };
  if (!isRight) {
    const like = outputsLookLike(all) ?? boxesLookLike(shape);
    throw refusal(outputs, `${values} numbers for each box (${kind})`, like);
  }
  if (classes !== null && found > 0 && found !== classes) {
    const owner = classesOf === "labels"
      ? `labels has ${classes} names, the model has ${found} classes`
      : `the model names ${classes} classes, its output "${nameOf(outputs, main)}" ` +
        `[${main.shape}] has ${found}`;
    const like = boxesLookLike(shape);
    throw new TypeError(like === null ? owner : `${owner}: ${like}`);
  }
  if (kind === "v5" && head === "auto" && rows <= mostWithoutNms) {
    const like = boxesLookLike(shape);
    if (like !== null) throw refusal(outputs, "a head that is known", like);
  }
  return {
    kind,
    data: floatsOf(main),
    boxes: kind === "v8" ? columns : rows,
    values,
    classes: found,
    extrasAt: fixedValues[kind] + found,
    prototypes,
    keypoints: isPose && !prototypes ? pose.count : 0,
    jointValues: pose.values,
  };
}

function guess(rows: number, columns: number, poseValues: number): HeadKind {
  if (rows < columns) return "v8";
  const known = columns === 6 || columns === 6 + 32 || columns === 6 + poseValues;
  return rows <= mostWithoutNms && known ? "v10" : "v5";
}

/** A pose head of YOLO knows one class; labels that say otherwise go before. */
function looksLikePose(kind: HeadKind, left: number, classes: number | null): boolean {
  const values = cocoPose.count * cocoPose.values;
  if (kind === "v10") return left === values;
  return left === 1 + values && (classes === null || classes === 1);
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

function nameOf(outputs: Tensors, output: Tensor): string {
  return Object.entries(outputs).find(([, candidate]) => candidate === output)![0];
}

function refusal(outputs: Tensors, wanted: string, like: string | null): TypeError {
  const shapes = Object.entries(outputs).map(([name, { shape }]) => `"${name}" [${shape}]`);
  return new TypeError(
    `the model has no YOLO head: there should be ${wanted}, there is ${
      shapes.join(", ") || "none"
    }${like === null ? "" : `: ${like}`}`,
  );
}
