/** A value and where it stood. */
export interface Ranked {
  /** From 0. */
  readonly index: number;
  /** What stands there. */
  readonly value: number;
}

/**
 * The `k` largest values with their indices, largest first, the first of equal ones first; fewer
 * when there are fewer. NaN is left out.
 *
 * ```ts
 * import { softmax, topK } from "./mod.ts";
 *
 * const labels = ["cat", "dog", "fox"];
 * const classifications = topK(softmax([1, 3, 2]), 2).map(({ index, value }) => ({
 *   label: labels[index] ?? `label ${index}`,
 *   labelId: index,
 *   confidence: value,
 * }));
 * if (classifications.map(({ label }) => label).join() !== "dog,fox") throw new Error("wrong two");
 * ```
 *
 * @throws {RangeError} when `k` is not a whole number from 0.
 */
export function topK(values: ArrayLike<number>, k: number): Ranked[] {
  if (!Number.isInteger(k) || k < 0) {
    throw new RangeError(`Cannot rank values: k is ${k}, allowed is a whole number from 0`);
  }
  // Insertion: k is small beside the number of classes, so sorting all of them would be waste.
  const best: Ranked[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (Number.isNaN(value) || k === 0) continue;
    if (best.length === k) {
      if (value <= best[k - 1]!.value) continue;
      best.pop();
    }
    let place = best.length;
    while (place > 0 && best[place - 1]!.value < value) place--;
    best.splice(place, 0, { index, value });
  }
  return best;
}
