/** How often each value came, to a thousandth of the value, in memory that grows with their spread. */

/** Steps within a doubling of the value: half of one is a thousandth. */
const steps = 512;
const largest = 0xffff_ffff;
/** Doublings from `steps` to `largest`, and a block for what is below. */
const blockCount = 24;

/**
 * Counts whole numbers up to 2³²−1 (what is above counts as that). Each doubling takes 4 KB, once a
 * value falls into it. Node's `createHistogram()` takes 360 KB whatever it is given, of which the
 * garbage collector knows nothing.
 */
export class LogHistogram {
  /** The first one has the values below `steps`, each further one those up to twice as much. */
  readonly #blocks: (Float64Array | undefined)[] = [];
  #count = 0;
  #max = 0;

  /** Counts a value of 0 or more. */
  record(value: number): void {
    const whole = Math.min(Math.round(value), largest);
    // Bits beyond those that tell the step.
    const block = Math.max(0, 23 - Math.clz32(whole));
    const counts = this.#blocks[block] ??= new Float64Array(steps);
    counts[(block === 0 ? whole : whole >>> (block - 1)) % steps]!++;
    this.#count++;
    if (whole > this.#max) this.#max = whole;
  }

  /** How many values there were. */
  get count(): number {
    return this.#count;
  }

  /** The largest of them; 0 when there were none. */
  get max(): number {
    return this.#max;
  }

  /** Forgets all values, and keeps the memory. */
  reset(): void {
    for (const counts of this.#blocks) counts?.fill(0);
    this.#count = this.#max = 0;
  }

  /** The value at or below which `percent` of 100 lie, of several together; 0 when there are none. */
  static percentile(of: readonly LogHistogram[], percent: number): number {
    const count = of.reduce((sum, { count }) => sum + count, 0);
    let left = Math.max(1, Math.ceil(count * percent / 100));
    for (let block = 0; count > 0 && block < blockCount; block++) {
      for (let step = 0; step < steps; step++) {
        for (const one of of) left -= one.#blocks[block]?.[step] ?? 0;
        if (left <= 0) return middle(block, step);
      }
    }
    return 0;
  }
}

/** Of the values that one step counts. */
function middle(block: number, step: number): number {
  if (block === 0) return step;
  const width = 2 ** (block - 1);
  return (steps + step) * width + (width - 1) / 2;
}
