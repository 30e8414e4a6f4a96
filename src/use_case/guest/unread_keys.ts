/** Names in what a plugin returns that nothing reads: most often slips, so that each is told once. */

import { nearest } from "../../settings/nearest.ts";
import type { WriteLog } from "./guest_log.ts";

const useCaseKeys = [
  ...["input", "outputs", "session", "preprocess", "postprocess", "visualize", "dispose"],
];
const inputKeys = ["width", "height", "channels", "fit", "layout", "range", "name"];
const analysisKeys = ["detections", "classifications", "events", "annotations", "data"];
const classificationKeys = ["label", "labelId", "confidence"];
// Sightline itself adds what the secondary model said: who hands on a detection has it.
const detectionKeys = [...classificationKeys, "box", "trackId", "secondary"];
const boxKeys = ["x", "y", "width", "height"];
const textKeys = ["kind", "x", "y", "text", "color"];
const polylineKeys = ["kind", "points", "closed", "color"];

/** Entries of a list that are looked at: they are much alike. */
const mostEntries = 20;
/** Names that are told of; a plugin may make up new ones with each frame. */
const mostTold = 20;

/** What one instance of a use case has been told of. */
export class UnreadKeys {
  readonly #log: WriteLog;
  readonly #told = new Set<string>();

  constructor(log: WriteLog) {
    this.#log = log;
  }

  /** Looks at what the factory returned; a use case may have members of its own. */
  lookAtUseCase(useCase: object): void {
    for (const key in useCase) {
      if (useCaseKeys.includes(key)) continue;
      const meant = nearest(key, useCaseKeys);
      if (meant !== null && !Object.hasOwn(useCase, meant)) this.#tell("the use case", key, meant);
    }
    const { input } = useCase as { input?: unknown };
    this.#look("input", input, inputKeys);
  }

  /** Looks at what `postprocess` returned. */
  lookAtAnalysis(analysis: object): void {
    if (this.#told.size >= mostTold) return;
    this.#look("the analysis", analysis, analysisKeys);
    const { detections, classifications, annotations } = analysis as Record<string, unknown>;
    for (const detection of firstOf(detections)) {
      this.#look("a detection", detection, detectionKeys);
      this.#look("a box", (detection as { box?: unknown } | null)?.box, boxKeys);
    }
    for (const classification of firstOf(classifications)) {
      this.#look("a classification", classification, classificationKeys);
    }
    for (const annotation of firstOf(annotations)) {
      const isText = (annotation as { kind?: unknown } | null)?.kind === "text";
      this.#look(
        isText ? "a text to draw" : "a line to draw",
        annotation,
        isText ? textKeys : polylineKeys,
      );
    }
  }

  #look(of: string, value: unknown, known: readonly string[]): void {
    if (typeof value !== "object" || value === null) return;
    for (const key in value) {
      if (known.includes(key) || (value as Record<string, unknown>)[key] === undefined) continue;
      this.#tell(of, key, nearest(key, known) ?? known);
    }
  }

  #tell(of: string, key: string, meant: string | readonly string[]): void {
    const which = `${of} ${key}`;
    if (this.#told.has(which) || this.#told.size >= mostTold) return;
    this.#told.add(which);
    const advice = typeof meant === "string" ? `is ${meant} meant?` : `it has ${meant.join(", ")}`;
    this.#log("warning", `Nothing reads ${JSON.stringify(key)} of ${of}: ${advice}`);
  }
}

function firstOf(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list.slice(0, mostEntries) : [];
}
