/** Percentiles of a duration, over a whole life and over the last seconds. */

import { Histogram, latencyBounds } from "./histogram.ts";
import { LogHistogram } from "./log_histogram.ts";

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
 * Collects durations. It counts them to a thousandth and keeps no single value, so that an hour costs
 * what a second costs.
 */
export class Distribution {
  /** The same durations in seconds, for adding up many processes. */
  readonly histogram = new Histogram(latencyBounds);
  readonly #total = new LogHistogram();
  #current = new LogHistogram();
  #previous = new LogHistogram();
  #rotatedAtMs: number;

  constructor(readonly now: () => number = performance.now.bind(performance)) {
    this.#rotatedAtMs = now();
  }

  /** Adds one duration in milliseconds; a negative one (a clock was set back) counts as none. */
  add(durationMs: number): void {
    this.#rotate();
    // Whole numbers are counted: microseconds keep the digits that matter.
    const micros = Math.max(0, durationMs * 1000);
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
    return percentiles([this.#total]);
  }

  /** Over the last five to ten seconds. */
  recent(): Percentiles {
    this.#rotate();
    return percentiles([this.#previous, this.#current]);
  }

  #rotate(): void {
    const elapsedMs = this.now() - this.#rotatedAtMs;
    if (elapsedMs < halfWindowMs) return;
    const reused = this.#previous;
    reused.reset();
    if (elapsedMs >= 2 * halfWindowMs) this.#current.reset();
    this.#previous = this.#current;
    this.#current = reused;
    this.#rotatedAtMs = this.now();
  }
}

function percentiles(histograms: readonly LogHistogram[]): Percentiles {
  const ms = (micros: number) => Math.round(micros / 10) / 100;
  const percentile = (percent: number) => ms(LogHistogram.percentile(histograms, percent));
  return {
    p50: percentile(50),
    p95: percentile(95),
    p99: percentile(99),
    max: ms(Math.max(...histograms.map(({ max }) => max))),
  };
}
