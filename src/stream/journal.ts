/** The last events of a stream in words, for its page in the live view. */

import type { AnalysisEvent } from "../frame/analysis.ts";
import type { Redact } from "../log/format.ts";

/** One line of a {@link Journal}. */
export interface JournalEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** `event`: from the use case; `state`: the state of the stream changed; `error`: something failed. */
  readonly kind: "event" | "state" | "error";
  readonly words: string;
}

/** So many are kept; what is older stands in log and records. */
const mostEntries = 30;
/** Characters of one entry at most: plugins write some of them. */
const mostCharacters = 200;

/** Keeps the newest entries. */
export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #mask: Redact;

  /** `mask` takes secrets out of what is written down. */
  constructor(mask: Redact = (text) => text) {
    this.#mask = mask;
  }

  /** Oldest first. */
  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  /** Writes one down; the same words as just before are not written again. */
  add(kind: JournalEntry["kind"], words: string): void {
    const last = this.#entries.at(-1);
    const short = this.#mask(words).slice(0, mostCharacters);
    if (kind !== "event" && last?.kind === kind && last.words === short) return;
    this.#entries.push({ at: new Date().toISOString(), kind, words: short });
    if (this.#entries.length > mostEntries) this.#entries.shift();
  }

  /** Writes down what the use case saw. */
  addEvent({ type, ...details }: AnalysisEvent): void {
    const told = Object.entries(details)
      .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
      .map(([key, value]) => `${key.replaceAll("_", " ")} ${value}`);
    this.add("event", [type.replaceAll("_", " "), ...told].join(", "));
  }
}
