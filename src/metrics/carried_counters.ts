/** Counters carried over from a stream or sink to its successor of the same name, so that none ever falls. */

/** What is measured: one name in the output, with all that Prometheus asks to know of it. */
export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
}

/** One number with its labels. */
export interface MetricSample {
  readonly family: Family;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Of a histogram: which of its numbers this is. */
  readonly part?: "bucket" | "sum" | "count";
}

/** Names that are gone whose counters are kept, should they come back. */
const mostGone = 1000;

/**
 * Reads the samples of its sources only when they are collected. A source that is removed leaves its
 * counters behind, and the next one of its name starts from them: no counter ever goes backwards.
 */
export class CarriedCounters<Source> {
  readonly #read: (source: Source) => Iterable<MetricSample>;
  readonly #sources = new Map<Source, string>();
  /** By name, then by series. */
  readonly #gone = new Map<string, Map<string, number>>();

  constructor(read: (source: Source) => Iterable<MetricSample>) {
    this.#read = read;
  }

  /** The source is read until what is returned is disposed of. */
  add(name: string, source: Source): Disposable {
    this.#sources.set(source, name);
    return { [Symbol.dispose]: () => this.#remove(name, source) };
  }

  /** Names of the sources that are read now. */
  names(): Set<string> {
    return new Set(this.#sources.values());
  }

  /** All samples. Where two sources share a name for a while, the gauges are the newer one's. */
  collect(): MetricSample[] {
    const series = new Map<string, MetricSample>();
    for (const [source, name] of this.#sources) {
      const gone = this.#gone.get(name);
      for (const sample of this.#read(source)) {
        const key = keyOf(sample);
        if (sample.family.type === "gauge") {
          series.set(key, sample);
          continue;
        }
        const before = series.get(key)?.value ?? gone?.get(key) ?? 0;
        series.set(key, { ...sample, value: before + sample.value });
      }
    }
    return [...series.values()];
  }

  #remove(name: string, source: Source): void {
    if (!this.#sources.delete(source)) return;
    const totals = this.#gone.get(name) ?? new Map<string, number>();
    for (const sample of this.#read(source)) {
      if (sample.family.type === "gauge") continue;
      const key = keyOf(sample);
      totals.set(key, (totals.get(key) ?? 0) + sample.value);
    }
    // The newest last, so that the first is the one to forget.
    this.#gone.delete(name);
    this.#gone.set(name, totals);
    if (this.#gone.size > mostGone) this.#gone.delete(this.#gone.keys().next().value!);
  }
}

function keyOf({ family, labels, part }: MetricSample): string {
  return `${family.name} ${part ?? "value"} ${JSON.stringify(labels)}`;
}
