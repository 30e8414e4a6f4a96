/**
 * Index of the largest value, the first of equal ones; −1 when there is none. NaN never wins.
 *
 * `start` and `end` limit the search to a part, so that a row of a larger tensor needs no copy;
 * the index is still that in the whole.
 *
 * ```ts
 * import { argmax } from "./mod.ts";
 *
 * const classes = 3;
 * const scores = Float32Array.of(...[0.1, 0.7, 0.2], ...[0.5, 0.3, 0.2]); // two rows
 * if (argmax(scores, 0, classes) !== 1) throw new Error("first row: class 1");
 * if (argmax(scores, classes, 2 * classes) - classes !== 0) throw new Error("second row: class 0");
 * ```
 */
export function argmax(values: ArrayLike<number>, start = 0, end = values.length): number {
  let best = -1;
  let largest = -Infinity;
  for (let at = start; at < end; at++) {
    const value = values[at]!;
    if (value > largest || (best < 0 && value === largest)) {
      best = at;
      largest = value;
    }
  }
  return best;
}
