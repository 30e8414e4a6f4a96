/** What was found, beside the files of one output: each result in the file of its own picture. */

import type { Analysis } from "../frame/analysis.ts";
import { BoxTrack } from "./box_track.ts";

/** Results whose pictures are still to be written: those that are drawn and encoded, and more. */
const mostEarly = 512;
/** Times of packets are true to it, in milliseconds. */
const toleranceMs = 0.5;

interface Result {
  readonly stream: string;
  readonly ptsMs: number;
  readonly analysis: Analysis;
}

/** The file that is written, and the one before, of whose last pictures results still come. */
export class BoxTracks {
  readonly #onError: (error: unknown) => void;
  readonly #ending = new Set<Promise<void>>();
  #tracks: BoxTrack[] = [];
  /** In the order in which they came. */
  #early: Result[] = [];
  #writtenMs = -Infinity;

  /** `onError` is called once at most for each file. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** A file begins with this picture; `path` resolves to null when there is none after all. */
  open(startMs: number, path: Promise<string | null>): void {
    this.#keep(1);
    this.#tracks.push(new BoxTrack(startMs, path, this.#onError));
  }

  /** A picture was written: it is known now which file has those up to it. */
  wrote(ptsMs: number): void {
    this.#writtenMs = Math.max(this.#writtenMs, ptsMs);
    const isDue = (result: Result) => result.ptsMs <= this.#writtenMs + toleranceMs;
    if (!this.#early.some(isDue)) return;
    const due = this.#early.filter(isDue);
    this.#early = this.#early.filter((result) => !isDue(result));
    for (const result of due) this.#add(result);
  }

  /** Takes the result of a picture that was written, or will be. */
  annotate(stream: string, ptsMs: number, analysis: Analysis): void {
    const result = { stream, ptsMs, analysis };
    if (ptsMs <= this.#writtenMs + toleranceMs) return this.#add(result);
    this.#early.push(result);
    if (this.#early.length > mostEarly) this.#early.shift();
  }

  /** The last file has ended, and what comes has another clock. Resolves when all is written. */
  async finish(): Promise<void> {
    this.#keep(0);
    this.#early = [];
    this.#writtenMs = -Infinity;
    await Promise.all(this.#ending);
  }

  #add({ stream, ptsMs, analysis }: Result): void {
    this.#tracks.findLast(({ startMs }) => ptsMs >= startMs - toleranceMs)
      ?.add(stream, ptsMs, analysis);
  }

  /** So many, the newest; the others are written to their end. */
  #keep(count: number): void {
    const old = this.#tracks.splice(0, Math.max(0, this.#tracks.length - count));
    for (const track of old) {
      const ending = track.finish().finally(() => this.#ending.delete(ending));
      this.#ending.add(ending);
    }
  }
}
