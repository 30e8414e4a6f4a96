/** The metadata of a model that ultralytics exported. */

import type { ModelMetadata } from "../../src/mod.ts";
import type { Keypoints } from "./head.ts";

const readable = ["detect", "segment", "pose"];

/**
 * The joints of a pose, null where it names none.
 * @throws {TypeError} for a task whose answers are no boxes that we read.
 */
export function readTask({ properties = {} }: ModelMetadata): Keypoints | null {
  const { task, kpt_shape: shape } = properties;
  if (task !== undefined && !readable.includes(task)) {
    const what = task === "obb"
      ? "oriented boxes (its task is obb)"
      : `no boxes (its task is ${task})`;
    throw new TypeError(`the model gives ${what}, allowed is ${readable.join(", ")}`);
  }
  const [, count, values] = /^\[(\d{1,3}), ?([23])\]$/.exec(shape ?? "") ?? [];
  return count === undefined ? null : { count: Number(count), values: Number(values) };
}
