import type { UseCaseContext } from "../../src/mod.ts";

/** So many identical answers in a row are no accident. */
const enough = 20;

/**
 * Says so, once, when a model answers the same whatever it is shown. It looks until two answers
 * differ, which the first two do nearly always.
 */
export class SameAnswers {
  readonly #log: UseCaseContext["log"];
  #first: Float32Array | null = null;
  #same = 0;
  #done = false;

  constructor({ log }: Pick<UseCaseContext, "log">) {
    this.#log = log;
  }

  /** Takes the next answer. */
  look(answer: Float32Array): void {
    // Nothing found is no answer to speak of.
    if (this.#done || answer.every((value) => value === 0)) return;
    if (this.#first === null) {
      this.#first = answer.slice();
      this.#same = 1;
    } else if (!isSame(this.#first, answer)) this.#end();
    else if (++this.#same === enough) {
      this.#log(
        "warning",
        `The model gave the same answer to the first ${enough} frames, to the last digit: ` +
          "it does not look at the picture, or the picture stands still",
      );
      this.#end();
    }
  }

  #end(): void {
    this.#done = true;
    this.#first = null;
  }
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at] || Number.isNaN(value));
}
