/** Names what the whole picture shows: one output `[1, N]`, a score for each class. */

import type { UseCaseFactory } from "../../../contract.ts";

/** What `--use_case_options` may set. */
export interface Options {
  /** At most so many classes, the likeliest first. @default {3} */
  top?: number;
  /** Names of the classes, by their place among the scores. */
  labels?: string[];
}

const defaults = { top: 3, labels: [] as string[] } satisfies Options;

const makeMyUseCase: UseCaseFactory<Options | undefined> = (options) => {
  const { top, labels } = { ...defaults, ...options };
  return {
    postprocess: function classify(outputs) {
      const [scores] = Object.values(outputs);
      if (!(scores?.data instanceof Float32Array)) throw new TypeError("no FP32 output [1,N]");
      const classifications = [...softmax(scores.data)]
        .map((confidence, labelId) => ({
          label: labels[labelId] ?? `class ${labelId}`,
          labelId,
          confidence,
        }))
        .sort((a, b) => b.confidence - a.confidence)
        .slice(0, top);
      return { classifications };
    },
  };
};

/** Scores of any size to shares of 1; leave it out when the model does so itself. */
function softmax(scores: Float32Array): Float32Array {
  const max = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = scores.map((score) => Math.exp(score - max));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export default makeMyUseCase;
