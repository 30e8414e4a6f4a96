/** Says what the model's outputs look like: put your own analysis in its place. */

import type { UseCaseFactory } from "../../../contract.ts";

/** What `--use_case_options` may set. */
export interface Options {
  /** Numbers shown of each output. @default {3} */
  numbers?: number;
}

const defaults = { numbers: 3 } satisfies Options;

const makeMyUseCase: UseCaseFactory<Options | undefined> = (options) => {
  const { numbers } = { ...defaults, ...options };
  return {
    postprocess: function describeOutputs(outputs) {
      const data = Object.entries(outputs).map(([name, { datatype, shape, data }]) => {
        return { name, datatype, shape, first: Array.from(data.slice(0, numbers), String) };
      });
      return { data };
    },
  };
};

export default makeMyUseCase;
