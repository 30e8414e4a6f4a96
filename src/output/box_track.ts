/** What was found, beside a recording: WebVTT whose cues hold JSON, each at its picture's own time. */

import { type FileHandle, open, rm } from "node:fs/promises";
import type { Analysis, Detection } from "../frame/analysis.ts";

/** A cue lasts until the next result of its stream, and so many milliseconds at most. */
const longestMs = 1000;

interface Cue {
  readonly timeMs: number;
  /** Null where nothing was found. */
  readonly text: string | null;
}

/** The track of one file. */
export class BoxTrack {
  /** On the camera's clock: when the file begins. */
  readonly startMs: number;
  readonly #last = new Map<string, Cue>();
  readonly #onError: (error: unknown) => void;
  #writing: Promise<FileHandle | null>;

  /** `path`: null = there is no file after all. `onError` is called once at most. */
  constructor(startMs: number, path: Promise<string | null>, onError: (error: unknown) => void) {
    this.startMs = startMs;
    this.#onError = onError;
    this.#writing = path.then((found) => found === null ? null : begin(found)).catch((error) => {
      onError(error);
      return null;
    });
  }

  /** Results of a stream come in the order of their pictures. */
  add(stream: string, ptsMs: number, { detections = [] }: Analysis): void {
    const timeMs = ptsMs - this.startMs;
    this.#end(stream, timeMs);
    const boxes = detections.map(toBox);
    const text = boxes.length === 0 ? null : toJson({ stream, time_ms: round(timeMs), boxes });
    this.#last.set(stream, { timeMs, text });
  }

  /** Resolves when all of it is written. */
  async finish(): Promise<void> {
    for (const stream of [...this.#last.keys()]) this.#end(stream, Infinity);
    const file = await this.#writing;
    await file?.close();
  }

  /** Writes the stream's last cue, whose end is known now. */
  #end(stream: string, nextMs: number): void {
    const cue = this.#last.get(stream);
    this.#last.delete(stream);
    if (cue === undefined || cue.text === null || nextMs <= cue.timeMs) return;
    const endMs = Math.min(nextMs, cue.timeMs + longestMs);
    const lines = `${toClock(cue.timeMs)} --> ${toClock(endMs)}\n${cue.text}\n\n`;
    this.#writing = this.#writing.then(async (file) => {
      if (file === null) return null;
      let bytes: number | null = null;
      try {
        bytes = (await file.stat()).size;
        await file.appendFile(lines);
        return file;
      } catch (error) {
        this.#onError(error);
        // A full disk takes a part of a cue, which no reader would understand.
        if (bytes !== null) await file.truncate(bytes).catch(() => {});
        await file.close().catch(() => {});
        return null;
      }
    });
  }
}

async function begin(path: string): Promise<FileHandle> {
  // Nothing that is there is written over.
  const file = await open(path, "wx");
  try {
    await file.appendFile("WEBVTT\n\n");
    return file;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(path, { force: true });
    throw error;
  }
}

function toBox({ label, confidence, trackId, box }: Detection) {
  const { x, y, width, height } = box;
  return {
    ...{ label, confidence: round(confidence), ...trackId !== undefined && { track_id: trackId } },
    box: { x: round(x), y: round(y), width: round(width), height: round(height) },
  };
}

/** On one line, and without what means something in WebVTT. */
function toJson(value: unknown): string {
  const escape = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escape);
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** Rounded down, so that a picture's cue has begun when the picture is shown. */
function toClock(ms: number): string {
  const whole = Math.max(0, Math.floor(ms + 0.001));
  const part = (unitMs: number, most: number) =>
    String(Math.floor(whole / unitMs) % most).padStart(2, "0");
  const hours = String(Math.floor(whole / 3_600_000)).padStart(2, "0");
  const milliseconds = String(whole % 1000).padStart(3, "0");
  return `${hours}:${part(60_000, 60)}:${part(1000, 60)}.${milliseconds}`;
}
