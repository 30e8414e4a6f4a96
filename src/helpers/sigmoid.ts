/**
 * Turns one score (logit) into a probability, 0…1; a score of 0 is 0.5.
 *
 * ```ts
 * import { sigmoid } from "./mod.ts";
 *
 * const scores = Float32Array.of(-2, 0, 2);
 * const [less, half, more] = scores.map(sigmoid);
 * if (half !== 0.5 || Math.abs(less! + more! - 1) > 1e-6) throw new Error("not symmetric");
 * ```
 */
export function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}
