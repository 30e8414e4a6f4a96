/** Describes a head that is not a YOLO head, for error messages. */

import type { Tensor } from "../../src/mod.ts";

/** How the numbers of a head are laid out. */
export type HeadKind = "v5" | "v8" | "v10";

/** What the shape of a head shows. */
export interface HeadShape {
  readonly kind: HeadKind;
  readonly rows: number;
  /** Numbers that each box has. */
  readonly values: number;
  /** Those that are neither the box nor its objectness. */
  readonly left: number;
  /** Classes that the model is known to have; null where they are unknown. */
  readonly classes: number | null;
}

/** Boxes of a transformer at most. */
const mostQueries = 1000;
const orientedBoxes = "it looks like oriented boxes (OBB), which have an angle more";
const transformer = "it looks like RT-DETR's, whose boxes have no objectness";

/** Of all outputs; null when nothing comes to mind. */
export function outputsLookLike(outputs: readonly Tensor[]): string | null {
  const isBoxes = ({ shape }: Tensor) => shape.length >= 2 && shape.at(-1) === 4;
  return outputs.length > 1 && outputs.some(isBoxes)
    ? "it looks like boxes and scores apart, as RT-DETR and others give them"
    : null;
}

/** Of the numbers that each box has; null when nothing comes to mind. */
export function boxesLookLike({ kind, rows, values, left, classes }: HeadShape): string | null {
  if (kind === "v10" || kind === "v5" && rows <= mostQueries && values === 7) {
    return values === 7 ? orientedBoxes : null;
  }
  if (kind === "v5" && rows <= mostQueries) {
    return classes === null || values === 4 + classes ? transformer : null;
  }
  if (classes === null) return null;
  const more = left - classes;
  if (more === 1) return orientedBoxes;
  if (kind === "v5" && more === -1) return "it looks like a head without objectness, in rows";
  // Of several classes there are hardly any poses, and any number may be a multiple of three.
  if (classes === 1 && more > 0 && more % 3 === 0) {
    return `it looks like a pose with ${more / 3} joints`;
  }
  return null;
}
