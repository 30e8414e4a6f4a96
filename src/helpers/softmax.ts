/**
 * Turns scores (logits) into shares that add up to 1, in the same order.
 *
 * ```ts
 * import { softmax } from "./mod.ts";
 *
 * const shares = softmax([1000, 1000]);
 * if (shares.join() !== "0.5,0.5") throw new Error("large scores must not overflow");
 * ```
 */
export function softmax(scores: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const shares = new Float32Array(scores.length);
  let largest = -Infinity;
  for (let at = 0; at < scores.length; at++) largest = Math.max(largest, scores[at]!);
  let sum = 0;
  for (let at = 0; at < scores.length; at++) {
    // Infinity minus Infinity is NaN; scores that are equal to the largest stand at 0.
    const below = scores[at] === largest ? 0 : scores[at]! - largest;
    sum += shares[at] = Math.exp(below);
  }
  for (let at = 0; at < shares.length; at++) shares[at] = shares[at]! / sum;
  return shares;
}
