/** A histogram with fixed bounds, as Prometheus has it. */

/** Seconds from a good local model to a request that is given up. */
export const latencyBounds = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5] as const;

/** Seconds from a plugin that only looks at labels to one that is about to be started again. */
export const callBounds = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1] as const;

/** Counts values; it holds as many numbers as it has bounds, however many values come. */
export class Histogram {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Adds one value; a negative one (a clock was set back) counts as none, so that no sum falls. */
  observe(value: number): void {
    const { bounds } = this;
    let index = 0;
    while (index < bounds.length && value > bounds[index]!) index++;
    this.#counts[index]!++;
    if (value > 0) this.#sum += value;
  }

  /** The sum of all values. */
  get sum(): number {
    return this.#sum;
  }

  /** For each bound how many values are not above it, then how many there are. */
  cumulative(): number[] {
    let below = 0;
    return Array.from(this.#counts, (count) => below += count);
  }
}
