/** Which boxes belong on which picture. */

import type { Analysis } from "../frame/analysis.ts";

/** A picture on the stream's own clock; null when it carries no time. */
export interface TimedPicture {
  readonly ptsMs: number | null;
}

/** A picture that may be drawn now, and what is known of it. */
export interface Match<P extends TimedPicture> {
  readonly picture: P;
  /** Null when no result is near enough to be true of the picture. */
  readonly analysis: Analysis | null;
}

/** Results to choose from. */
const keptResults = 32;
/** Pictures that may wait for their result: memory, at 3.7 MB each. */
const keptPictures = 6;
/** A picture waits so long for its result, then takes the nearest older one. */
const patienceMs = 400;
/** No result for so long: none is awaited any more. */
const silenceMs = 2000;
/** A result is true of pictures so near to it, or of those until the next one. */
const nearMs = 1000;

interface TimedAnalysis {
  readonly ptsMs: number;
  readonly analysis: Analysis;
}

/**
 * Holds pictures until the result of their time is there. Times are milliseconds; `nowMs` is any
 * clock that never runs back.
 */
export class PictureMatcher<P extends TimedPicture> {
  readonly #discard: (picture: P) => void;
  #results: TimedAnalysis[] = [];
  #pictures: { readonly picture: P; readonly sinceMs: number }[] = [];
  #lastResultMs = -Infinity;

  /** `discard` gets each picture that is passed over. */
  constructor(discard: (picture: P) => void) {
    this.#discard = discard;
  }

  addResult(ptsMs: number, analysis: Analysis, nowMs: number): void {
    this.#results.push({ ptsMs, analysis });
    if (this.#results.length > keptResults) this.#results.shift();
    this.#lastResultMs = nowMs;
  }

  addPicture(picture: P, nowMs: number): void {
    this.#pictures.push({ picture, sinceMs: nowMs });
    if (this.#pictures.length > keptPictures) this.#passOver(1);
  }

  /** The newest picture that need not wait any longer; older ones are passed over. */
  take(nowMs: number): Match<P> | null {
    const ready = this.#pictures.findLastIndex((_, index) => this.#waitMs(index, nowMs) <= 0);
    if (ready < 0) return null;
    this.#passOver(ready);
    const { picture } = this.#pictures.shift()!;
    return { picture, analysis: this.#nearest(picture.ptsMs)?.analysis ?? null };
  }

  /** Milliseconds after which {@link take} has something even if nothing comes; null = no picture. */
  dueInMs(nowMs: number): number | null {
    return this.#pictures.length === 0 ? null : Math.max(0, this.#waitMs(0, nowMs));
  }

  /** Another run of the source begins: what was known says nothing of what comes. */
  clear(): void {
    this.#passOver(this.#pictures.length);
    this.#results = [];
  }

  #waitMs(index: number, nowMs: number): number {
    const { picture, sinceMs } = this.#pictures[index]!;
    const { ptsMs } = picture;
    if (ptsMs === null || nowMs - this.#lastResultMs > silenceMs) return 0;
    const known = this.#results.some((result) =>
      result.ptsMs >= ptsMs - 0.5 && result.ptsMs - ptsMs <= this.#reachMs()
    );
    return known ? 0 : sinceMs + patienceMs - nowMs;
  }

  #nearest(ptsMs: number | null): TimedAnalysis | null {
    // A picture without a time is newer than any result.
    if (ptsMs === null) return this.#results.at(-1) ?? null;
    const distance = (result: TimedAnalysis) => Math.abs(result.ptsMs - ptsMs);
    let nearest: TimedAnalysis | null = null;
    for (const result of this.#results) {
      if (nearest === null || distance(result) <= distance(nearest)) nearest = result;
    }
    return nearest !== null && distance(nearest) <= this.#reachMs() ? nearest : null;
  }

  /** At 1 result in 3 s, its boxes stay until the next one. */
  #reachMs(): number {
    const [before, last] = this.#results.slice(-2);
    const interval = before && last ? last.ptsMs - before.ptsMs : 0;
    return Math.max(nearMs, Math.min(interval, 10 * nearMs) * 1.5);
  }

  #passOver(count: number): void {
    for (const { picture } of this.#pictures.splice(0, count)) this.#discard(picture);
  }
}
