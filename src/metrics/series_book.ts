/** Figures of things that come and go under one name, such as streams across a reload. */

/** What is measured: one name in the output, with all that Prometheus asks to know of it. */
export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
}

/** One number with its labels. */
export interface Sample {
  readonly family: Family;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Of a histogram: which of its numbers this is. */
  readonly part?: "bucket" | "sum" | "count";
}

/** So many names that are gone are remembered, should they come back. */
const mostGone = 1000;

/**
 * Reads the figures of sources only when it is asked. A source that goes leaves its counters behind,
 * and the next one of its name goes on from there: no counter ever goes backwards.
 */
export class SeriesBook<Source> {
  readonly #read: (source: Source) => Iterable<Sample>;
  readonly #sources = new Map<Source, string>();
  /** By name, then by series. */
  readonly #gone = new Map<string, Map<string, number>>();

  constructor(read: (source: Source) => Iterable<Sample>) {
    this.#read = read;
  }

  /** The source counts until what is returned is disposed of. */
  enter(name: string, source: Source): Disposable {
    this.#sources.set(source, name);
    return { [Symbol.dispose]: () => this.#leave(name, source) };
  }

  /** Names of the sources that count now. */
  names(): Set<string> {
    return new Set(this.#sources.values());
  }

  /** All figures as they stand. Where two sources bear one name for a while, the newer one's gauges hold. */
  collect(): Sample[] {
    const series = new Map<string, Sample>();
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

  #leave(name: string, source: Source): void {
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

function keyOf({ family, labels, part }: Sample): string {
  return `${family.name} ${part ?? "value"} ${JSON.stringify(labels)}`;
}
