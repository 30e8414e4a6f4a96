/** What a plugin may return and hardly means, such as names that nothing reads: each is told once. */

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
/** Slips that are told of; a plugin may make up new names with each frame. */
const mostTold = 20;
/** A shorter name is as near to any other. */
const shortestGuessed = 3;
/** A box may reach beyond the picture, but not so far. */
const farthest = 4;

/** What one instance of a use case has been told of. */
export class Slips {
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
      if (meant === null || Object.hasOwn(useCase, meant)) continue;
      this.#tell(unread("the use case", key, [meant]));
    }
    this.#lookAtKeys("input", (useCase as { input?: unknown }).input, inputKeys);
  }

  /** Looks at what `postprocess` returned. */
  lookAtAnalysis(analysis: object): void {
    if (this.#told.size >= mostTold) return;
    if (Array.isArray(analysis)) {
      return this.#tell("Nothing reads a list: what was found belongs into { detections: […] }");
    }
    this.#lookAtKeys("the analysis", analysis, analysisKeys);
    const { detections, classifications, annotations } = analysis as Record<string, unknown>;
    for (const detection of firstOf(detections)) this.#lookAtDetection(Object(detection));
    for (const classification of firstOf(classifications)) {
      this.#lookAtKeys("a classification", classification, classificationKeys);
    }
    for (const annotation of firstOf(annotations)) {
      const isText = Object(annotation).kind === "text";
      const of = isText ? "a text to draw" : "a line to draw";
      this.#lookAtKeys(of, annotation, isText ? textKeys : polylineKeys);
    }
  }

  #lookAtDetection(detection: object): void {
    this.#lookAtKeys("a detection", detection, detectionKeys);
    const box = Object((detection as { box?: unknown }).box);
    if (Array.isArray(box)) return;
    this.#lookAtKeys("a box", box, boxKeys);
    const { x, y, width, height } = box;
    if (Math.max(Math.abs(x), Math.abs(y), width, height) <= farthest) return;
    if (![x, y, width, height].every(Number.isFinite)) return;
    // One of them is enough, whatever its numbers are.
    this.#tell(
      "A box is of pixels: it has to be of fractions (0…1) of the picture",
      `: ${[`x ${x}`, `y ${y}`, `width ${width}`, `height ${height}`].join(", ")}`,
    );
  }

  #lookAtKeys(of: string, value: unknown, known: readonly string[]): void {
    if (typeof value !== "object" || value === null) return;
    for (const key in value) {
      if (known.includes(key) || (value as Record<string, unknown>)[key] === undefined) continue;
      const meant = key.length < shortestGuessed ? null : nearest(key, known);
      this.#tell(unread(of, key, meant === null ? known : [meant]));
    }
  }

  #tell(words: string, example = ""): void {
    if (this.#told.has(words) || this.#told.size >= mostTold) return;
    this.#told.add(words);
    this.#log("warning", words + example);
  }
}

function unread(of: string, key: string, meant: readonly string[]): string {
  const advice = meant.length === 1 ? `is ${meant[0]} meant?` : `it has ${meant.join(", ")}`;
  return `Nothing reads ${JSON.stringify(key)} of ${of}: ${advice}`;
}

function firstOf(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list.slice(0, mostEntries) : [];
}
