/** Log lines of what was detected or happened: on a change, once a second at most. */

import type { Logger } from "@logtape/logtape";
import type { Analysis, AnalysisEvent } from "../frame/analysis.ts";

const intervalMs = 1_000;
/** So many types of events are told apart; what is more is counted together. */
const mostTypes = 20;

/**
 * Writes `Found 2 person, 1 vehicle` and the like; of a use case that finds nothing by its nature,
 * its events: `Motion started`. The records are for programs.
 */
export class DetectionLog {
  readonly #logger: Logger;
  /** The labels of the last analysis of which words were made, in its order. */
  #lastLabels: string | null = null;
  #lastWords = "";
  #lastAtMs = -Infinity;
  /** Whether the use case ever said what it found, be it nothing. */
  #finds = false;
  readonly #types = new Set<string>();
  /** How often each event happened since the last line. */
  readonly #happened = new Map<string, number>();

  constructor(logger: Logger, readonly now: () => number = performance.now.bind(performance)) {
    this.#logger = logger;
  }

  /** Takes the newest analysis. */
  add(analysis: Analysis): void {
    const nowMs = this.now();
    this.#finds ||= (analysis.detections ?? analysis.classifications) !== undefined;
    if (!this.#finds) return this.#addEvents(analysis.events ?? [], nowMs);
    if (nowMs - this.#lastAtMs < intervalMs) return;
    // Mostly the same was found as before, and needs no words to tell.
    const labels = labelsOf(analysis).join("\n");
    if (labels === this.#lastLabels) return;
    this.#lastLabels = labels;
    const counts = countLabels(analysis);
    const words = Object.keys(counts).sort()
      .map((label) => `${counts[label]} ${label}`).join(", ") || "nothing";
    if (words === this.#lastWords) return;
    this.#lastWords = words;
    this.#lastAtMs = nowMs;
    this.#logger.info("Found {words}", { words });
  }

  /** Writes what waits for its line. */
  flush(): void {
    if (this.#happened.size === 0) return;
    const words = [...this.#happened]
      .map(([type, count]) => count === 1 ? type : `${type} (${count})`).join(", ");
    this.#happened.clear();
    this.#logger.info("{words}", { words: words.slice(0, 1).toUpperCase() + words.slice(1) });
  }

  #addEvents(events: readonly AnalysisEvent[], nowMs: number): void {
    let isNew = false;
    for (const { type } of events) {
      const isKnown = this.#types.has(type);
      isNew ||= !isKnown && this.#types.size < mostTypes;
      if (this.#types.size < mostTypes) this.#types.add(type);
      const words = this.#types.has(type) ? type.replaceAll("_", " ") : "others";
      this.#happened.set(words, (this.#happened.get(words) ?? 0) + 1);
    }
    if (this.#happened.size === 0 || !isNew && nowMs - this.#lastAtMs < intervalMs) return;
    this.#lastAtMs = nowMs;
    this.flush();
  }
}

/** Labels of an analysis, with how often each was found. */
export function countLabels(analysis: Analysis): Record<string, number> {
  const counts = new Map<string, number>();
  for (const label of labelsOf(analysis)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Object.fromEntries(counts);
}

function labelsOf({ detections = [], classifications = [] }: Analysis): string[] {
  return [...detections, ...classifications].map(({ label }) => label);
}
