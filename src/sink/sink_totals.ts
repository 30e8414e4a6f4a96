/** The summary at the end: records written and lost, by sink. */

import { lossReasons, lostTotal, type Sink, type SinkCounts } from "./sink.ts";

const words: Readonly<Record<typeof lossReasons[number], string>> = {
  full: "found no room",
  closed: "after its reader had gone",
  unwritten: "could not be written before the end",
};

/** Totals of the closed sinks, by what they write to. */
export class SinkTotals {
  readonly #sinks = new Map<string, SinkCounts>();

  /** A sink was closed; one of the same description goes on with its figures. */
  add(sink: Pick<Sink, "description" | "counts">): void {
    const now = sink.counts();
    const before = this.#sinks.get(sink.description);
    this.#sinks.set(sink.description, before ? sum(before, now) : now);
  }

  /** Whether records are lost, other than by a reader that wanted no more. */
  get isLossy(): boolean {
    return [...this.#sinks.values()].some(({ lost }) => lost.full + lost.unwritten > 0);
  }

  /** One line for all sinks; null when there was none. */
  get line(): string | null {
    if (this.#sinks.size === 0) return null;
    const parts = [...this.#sinks].map(([sink, counts]) => `${sink} wrote ${summary(counts)}`);
    return `${this.isLossy ? "Records were lost" : "Records written"}: ${parts.join("; ")}`;
  }
}

function summary(counts: SinkCounts): string {
  const { accepted, written, lost } = counts;
  if (lostTotal(counts) === 0) return String(written);
  const reasons = lossReasons.filter((reason) => lost[reason] > 0)
    .map((reason) => `${lost[reason]} ${words[reason]}`);
  return `${written} of ${accepted} (${reasons.join(", ")})`;
}

function sum(a: SinkCounts, b: SinkCounts): SinkCounts {
  const lost = { ...a.lost };
  for (const reason of lossReasons) lost[reason] += b.lost[reason];
  return {
    accepted: a.accepted + b.accepted,
    written: a.written + b.written,
    lost,
    waiting: a.waiting + b.waiting,
  };
}
