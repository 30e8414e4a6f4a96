/** What was found, as a line for people: when it changes, and once a second at the most. */

import type { Logger } from "@logtape/logtape";
import type { Analysis } from "../frame/analysis.ts";

const intervalMs = 1_000;

/** Writes `Found 2 person, 1 vehicle` and the like. The records are for programs. */
export class DetectionLog {
  readonly #logger: Logger;
  /** The labels of the last analysis of which words were made, in its order. */
  #lastLabels: readonly string[] | null = null;
  #lastWords = "";
  #lastAtMs = -Infinity;

  constructor(logger: Logger, readonly now: () => number = performance.now.bind(performance)) {
    this.#logger = logger;
  }

  /** Takes the newest analysis. */
  add(analysis: Analysis): void {
    const nowMs = this.now();
    if (nowMs - this.#lastAtMs < intervalMs) return;
    // Mostly the same was found as before, and needs no words to tell.
    if (hasLabels(analysis, this.#lastLabels)) return;
    this.#lastLabels = labelsOf(analysis);
    const words = Object.entries(countLabels(analysis))
      .toSorted(([a], [b]) => a < b ? -1 : 1)
      .map(([label, count]) => `${count} ${label}`).join(", ") || "nothing";
    if (words === this.#lastWords) return;
    this.#lastWords = words;
    this.#lastAtMs = nowMs;
    this.#logger.info("Found {words}", { words });
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

/** Whether these are the labels of the analysis, in its order. */
function hasLabels(
  { detections = [], classifications = [] }: Analysis,
  labels: readonly string[] | null,
): boolean {
  return detections.length + classifications.length === labels?.length &&
    detections.every(({ label }, index) => label === labels[index]) &&
    classifications.every(({ label }, index) => label === labels[detections.length + index]);
}
