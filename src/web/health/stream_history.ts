/** How each stream fared in the last hour: one sample every ten seconds, for the charts of Health. */

import type { StreamStatus } from "../../stream/status.ts";

/** Between two samples. */
export const sampleMs = 10_000;
/** An hour. */
const mostSamples = 360;

/** What is drawn; null where there was no figure. */
interface Sample {
  readonly fps: number | null;
  readonly ageP50: number | null;
  readonly ageP99: number | null;
  readonly received: number;
  readonly late: number;
  readonly failed: number;
}

/** A stream's hour as the page gets it: lists of equal length, the oldest first. */
export interface HistoryAnswer {
  /** Milliseconds since 1970. */
  readonly at_ms: number[];
  readonly fps: (number | null)[];
  readonly age_p50_ms: (number | null)[];
  readonly age_p99_ms: (number | null)[];
  /** Frames dropped a minute: too old or displaced, and errors. */
  readonly late: number[];
  readonly failed: number[];
}

/** Samples every stream that there is; memory is bounded by streams, and goes with them. */
export class StreamHistory implements Disposable {
  readonly #statuses: () => readonly StreamStatus[];
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #now: () => number;
  #times: number[] = [];
  readonly #samples = new Map<string, (Sample | null)[]>();

  constructor(statuses: () => readonly StreamStatus[], now: () => number = Date.now) {
    this.#statuses = statuses;
    this.#now = now;
    this.#timer = setInterval(() => this.sample(), sampleMs);
    Deno.unrefTimer(this.#timer as unknown as number);
    this.sample();
  }

  /** Takes one sample of each stream. */
  sample(): void {
    this.#times = [...this.#times, this.#now()].slice(-mostSamples);
    const statuses = this.#statuses();
    const names = new Set(statuses.map(({ name }) => name));
    for (const name of this.#samples.keys()) if (!names.has(name)) this.#samples.delete(name);
    for (const status of statuses) {
      const before = this.#samples.get(status.name) ??
        new Array<null>(this.#times.length - 1).fill(null);
      this.#samples.set(status.name, [...before, toSample(status)].slice(-mostSamples));
    }
  }

  /** Null for a stream that there is not. */
  of(name: string): HistoryAnswer | null {
    const samples = this.#samples.get(name);
    if (samples === undefined) return null;
    return {
      at_ms: this.#times,
      fps: samples.map((sample) => sample?.fps ?? null),
      age_p50_ms: samples.map((sample) => sample?.ageP50 ?? null),
      age_p99_ms: samples.map((sample) => sample?.ageP99 ?? null),
      late: aMinute(samples, ({ late }) => late),
      failed: aMinute(samples, ({ failed }) => failed),
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function toSample({ state, fps, age_ms: age, frames }: StreamStatus): Sample {
  const { received, dropped } = frames;
  const isLive = state === "live";
  return {
    // Figures of a stream that stands are those of before.
    fps: isLive ? fps : null,
    ageP50: isLive ? age.p50 : null,
    ageP99: isLive ? age.p99 : null,
    received,
    late: dropped.too_old + dropped.queue_full,
    failed: dropped.error,
  };
}

/** What a counter rose by between two samples; a stream that was started again counts from 0. */
function aMinute(samples: readonly (Sample | null)[], of: (sample: Sample) => number): number[] {
  return samples.map((sample, index) => {
    const before = samples[index - 1];
    if (!sample || !before) return 0;
    return Math.max(0, of(sample) - of(before)) * 60_000 / sampleMs;
  });
}
