/** Percentiles of a duration, over a whole life and over the last seconds. */

import { createHistogram } from "node:perf_hooks";
import { Histogram, latencyBounds } from "./histogram.ts";

/** Milliseconds below or at which 50, 95, 99 and 100 of 100 values lie; 0 when there are none. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Half of the time that `recent()` looks back at the least. */
const halfWindowMs = 5_000;

/**
 * Collects durations. It keeps an HDR histogram (three significant digits, fixed memory) and no
 * single value, so that an hour costs what a second costs.
 */
export class Distribution {
  /** The same durations in seconds, for whoever adds up many processes. */
  readonly histogram = new Histogram(latencyBounds);
  readonly #total = createHistogram();
  #current = createHistogram();
  #previous = createHistogram();
  #rotatedAtMs: number;

  constructor(readonly now: () => number = performance.now.bind(performance)) {
    this.#rotatedAtMs = now();
  }

  /** Adds one duration in milliseconds; a negative one (a clock was set back) counts as none. */
  add(durationMs: number): void {
    this.#rotate();
    // The histogram takes whole numbers from 1: microseconds keep the digits that matter.
    const micros = Math.max(1, Math.round(durationMs * 1000));
    this.#total.record(micros);
    this.#current.record(micros);
    this.histogram.observe(durationMs / 1000);
  }

  /** How many were added in all. */
  get count(): number {
    return this.#total.count;
  }

  /** Over everything that was added. */
  total(): Percentiles {
    return percentiles(this.#total);
  }

  /** Over the last five to ten seconds. */
  recent(): Percentiles {
    this.#rotate();
    const both = createHistogram();
    both.add(this.#previous);
    both.add(this.#current);
    return percentiles(both);
  }

  #rotate(): void {
    const elapsedMs = this.now() - this.#rotatedAtMs;
    if (elapsedMs < halfWindowMs) return;
    const reused = this.#previous;
    reused.reset();
    this.#previous = elapsedMs < 2 * halfWindowMs ? this.#current : createHistogram();
    this.#current = reused;
    this.#rotatedAtMs = this.now();
  }
}

function percentiles(histogram: ReturnType<typeof createHistogram>): Percentiles {
  if (histogram.count === 0) return { p50: 0, p95: 0, p99: 0, max: 0 };
  const ms = (micros: number) => Math.round(micros / 10) / 100;
  return {
    p50: ms(histogram.percentile(50)),
    p95: ms(histogram.percentile(95)),
    p99: ms(histogram.percentile(99)),
    max: ms(histogram.max),
  };
}
