/** Tells how much of the picture each class covers: one output `[1, classes, height, width]`. */

import type { UseCaseFactory } from "../../../contract.ts";

/** What `--use_case_options` may set. */
export interface Options {
  /** Names of the classes, by their place among the scores. */
  labels?: string[];
  /** Classes that cover less than this share of the picture are left out; 0…1. @default {0.01} */
  minShare?: number;
}

const defaults = { labels: [] as string[], minShare: 0.01 } satisfies Options;

const makeMyUseCase: UseCaseFactory<Options | undefined> = (options) => {
  const { labels, minShare } = { ...defaults, ...options };
  return {
    postprocess: function measureClasses(outputs) {
      const scores = Object.values(outputs).find(({ shape }) => shape.length === 4);
      if (!(scores?.data instanceof Float32Array)) throw new TypeError("no FP32 output [1,C,H,W]");
      const [, classes = 0, height = 0, width = 0] = scores.shape;
      const pixels = height * width;
      const counts = new Uint32Array(classes);
      for (let pixel = 0; pixel < pixels; pixel++) {
        let best = 0;
        for (let one = 1; one < classes; one++) {
          if (scores.data[one * pixels + pixel]! > scores.data[best * pixels + pixel]!) best = one;
        }
        counts[best]!++;
      }
      const shares = Array.from(counts, (count, one) => {
        return [labels[one] ?? `class ${one}`, count / pixels] as const;
      });
      return { data: Object.fromEntries(shares.filter(([, share]) => share >= minShare)) };
    },
  };
};

export default makeMyUseCase;
