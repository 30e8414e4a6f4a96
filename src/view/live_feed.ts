/** What viewers are told that draw boxes themselves: when each picture came, and what was found in it. */

import type { Analysis, Annotation, Box, Detection } from "../frame/analysis.ts";
import { hexOfLabel } from "./color.ts";

/** A picture of the camera that has come, by both its clocks. */
export interface PictureTimes {
  /** On the stream's own clock. */
  readonly ptsMs: number;
  /** The wall clock when its packet came. */
  readonly capturedAtMs: number;
}

/** What a stream found in a picture. */
export interface LiveResult extends PictureTimes {
  readonly stream: string;
  /** UTF-8 JSON of a {@link LiveRecord}. */
  readonly payload: Uint8Array;
}

/** A result as a page gets it, without what a page does not draw. */
export interface LiveRecord {
  /** A camera may have several streams. */
  readonly stream: string;
  readonly detections: readonly LiveDetection[];
  readonly classifications: readonly { readonly label: string; readonly confidence: number }[];
  readonly annotations: readonly Annotation[];
  /** Of each label, as `#rrggbb`: the same on every picture. */
  readonly colors: Readonly<Record<string, string>>;
}

/** Something that was found; fractions of the picture. */
export interface LiveDetection {
  readonly label: string;
  readonly confidence: number;
  readonly box: Box;
  /** Absent when objects are not tracked. */
  readonly trackId?: number;
  /** What a secondary model said of it. */
  readonly said?: string;
}

/** A viewer of one camera. */
export interface LiveListener {
  onResult(result: LiveResult): void;
}

/** Pictures whose times are remembered: longer than any result takes. */
const remembered = 1024;
/** Time stamps of packet and frame differ by what containers round. */
const toleranceMs = 1.01;
/** Things of each kind in one record, and characters of a text: a page shows no more. */
const most = 500;
const longestText = 200;
/** How much of the interval between pictures the newest one decides. */
const share = 0.1;

/** One for each camera. Without viewers it only remembers times. */
export class LiveFeed {
  readonly #listeners = new Set<LiveListener>();
  #times: PictureTimes[] = [];
  #newestAtMs: number | null = null;
  #intervalMs: number | null = null;

  /** For how long no picture has come, in milliseconds; null before the first of this run. */
  quietMs(nowMs = performance.now()): number | null {
    return this.#newestAtMs === null ? null : nowMs - this.#newestAtMs;
  }

  /** What lies between two pictures, in milliseconds; null as long as it is not known. */
  get intervalMs(): number | null {
    return this.#intervalMs;
  }

  /** How many listen. */
  get size(): number {
    return this.#listeners.size;
  }

  subscribe(listener: LiveListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Another run of the camera begins, on another clock. */
  begin(): void {
    this.#times = [];
    this.#newestAtMs = null;
    this.#intervalMs = null;
  }

  /** A picture has come. */
  picture(ptsMs: number, capturedAtMs: number, nowMs = performance.now()): void {
    this.#times.push({ ptsMs, capturedAtMs });
    if (this.#times.length > 2 * remembered) this.#times = this.#times.slice(-remembered);
    if (this.#newestAtMs !== null) {
      const intervalMs = nowMs - this.#newestAtMs;
      this.#intervalMs = this.#intervalMs === null
        ? intervalMs
        : this.#intervalMs + share * (intervalMs - this.#intervalMs);
    }
    this.#newestAtMs = nowMs;
  }

  /** The picture that has this time stamp; null when it is not known, or no longer. */
  timesOf(ptsMs: number): PictureTimes | null {
    return this.#times.findLast((times) => Math.abs(times.ptsMs - ptsMs) < toleranceMs) ?? null;
  }

  /** A result has come. */
  annotate(stream: string, ptsMs: number, analysis: Analysis): void {
    if (this.#listeners.size === 0) return;
    const times = this.timesOf(ptsMs);
    // Of another run.
    if (times === null) return;
    const payload = new TextEncoder().encode(JSON.stringify(toRecord(stream, analysis)));
    for (const listener of this.#listeners) listener.onResult({ ...times, stream, payload });
  }
}

function toRecord(stream: string, analysis: Analysis): LiveRecord {
  const { detections = [], classifications = [], annotations = [] } = analysis;
  const told = classifications.slice(0, 10).map(({ label, confidence }) => ({
    label: label.slice(0, longestText),
    confidence: round(confidence),
  }));
  const all = detections.flatMap((detection) => [
    detection,
    ...detection.secondary?.detections ?? [],
  ]);
  const found = all.slice(0, most).map(toDetection);
  return {
    stream,
    detections: found,
    classifications: told,
    annotations: annotations.slice(0, most).map(toAnnotation),
    colors: Object.fromEntries([...found, ...told].map(({ label }) => [label, hexOfLabel(label)])),
  };
}

function toDetection({ label, confidence, box, trackId, secondary }: Detection): LiveDetection {
  const said = secondary?.classifications?.[0];
  return {
    label: label.slice(0, longestText),
    confidence: round(confidence),
    box: {
      x: round(box.x),
      y: round(box.y),
      width: round(box.width),
      height: round(box.height),
    },
    ...(trackId !== undefined && { trackId }),
    ...(said && { said: `${said.label} ${said.confidence.toFixed(2)}`.slice(0, longestText) }),
  };
}

function toAnnotation(annotation: Annotation): Annotation {
  if (annotation.kind === "text") {
    return { ...annotation, text: annotation.text.slice(0, longestText) };
  }
  const points = annotation.points.slice(0, most).map(([x, y]) => [round(x), round(y)] as const);
  return { ...annotation, points };
}

/** A hundredth of a pixel of 1000 is enough. */
function round(value: number): number {
  return Math.round(value * 1e5) / 1e5;
}
