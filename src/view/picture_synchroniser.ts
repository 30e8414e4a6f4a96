/** Synchronises pictures with results: which boxes belong on which picture. */

import type { Analysis } from "../frame/analysis.ts";

/** A picture on the stream's own clock; null when it carries no time. */
export interface TimedPicture {
  readonly ptsMs: number | null;
  /** Whether results of its own will come. @default {that is not known} */
  readonly isFrame?: boolean;
}

/** A picture that may be drawn now, and what is known of it. */
export interface Match<P extends TimedPicture> {
  readonly picture: P;
  /** By stream; without those that have no result near enough to be true of the picture. */
  readonly analyses: ReadonlyMap<string, Analysis>;
}

/** Results to choose from: ten seconds of them, so late may a busy decoder be with their pictures. */
const keptResults = 256;
/** Pictures that may wait for their result: memory, at 3.7 MB each. */
const keptPictures = 6;
/** A picture waits so long for its result, then takes the nearest older one. */
const patienceMs = 400;
/** No result for so long: none is awaited any more. */
const silenceMs = 2000;
/** A result is true of pictures so near to it, or of those until the next one. */
const nearMs = 1000;

/** The camera's clock was set back where times fall by more; by less, it is not exact. */
const longestStepBackMs = 500;

/** Times that are so near are those of one picture. */
const sameMs = 0.5;

interface TimedAnalysis {
  readonly ptsMs: number;
  readonly analysis: Analysis;
}

/** What one stream said lately. */
interface Results {
  readonly list: TimedAnalysis[];
  /** Times of pictures of which it says nothing. */
  readonly skippedMs: number[];
  lastMs: number;
  /** Pictures' times have jumped back, and its own have not yet. */
  isBehind: boolean;
}

/**
 * Holds pictures until the results of their time are there, of all streams that show the camera.
 * Times are milliseconds; `nowMs` is a monotonic clock.
 */
export class PictureSynchroniser<P extends TimedPicture> {
  readonly #discard: (picture: P) => void;
  readonly #kept: number;
  readonly #mode: "newest" | "ordered" | "patient";
  readonly #results = new Map<string, Results>();
  #pictures: { readonly picture: P; readonly sinceMs: number }[] = [];

  /**
   * `discard` gets each picture that is passed over. `newest`: one that may be drawn goes before all
   * older ones. `ordered`: none is passed over but when they come faster than they are taken; the
   * oldest waits no longer than there is room. `patient`: each waits for its own results as long as it
   * takes.
   */
  constructor(
    discard: (picture: P) => void,
    { kept = keptPictures, mode = "newest" }: {
      readonly kept?: number;
      readonly mode?: "newest" | "ordered" | "patient";
    } = {},
  ) {
    this.#discard = discard;
    this.#kept = kept;
    this.#mode = mode;
  }

  /** Pictures that wait. */
  get size(): number {
    return this.#pictures.length;
  }

  /** Results of this stream will come. */
  expect(stream: string, nowMs: number): void {
    this.#results.set(stream, { list: [], skippedMs: [], lastMs: nowMs, isBehind: false });
  }

  addResult(stream: string, ptsMs: number, analysis: Analysis, nowMs: number): void {
    const results = this.#resultsOf(stream, nowMs);
    const before = results.list.at(-1);
    if (results.isBehind && before && isSetBack(before.ptsMs, ptsMs)) {
      results.list.length = 0;
      results.isBehind = false;
    }
    results.list.push({ ptsMs, analysis });
    if (results.list.length > keptResults) results.list.shift();
    results.lastMs = nowMs;
  }

  /** Of the picture of this time there will be no result. */
  skip(stream: string, ptsMs: number, nowMs: number): void {
    const { skippedMs } = this.#resultsOf(stream, nowMs);
    skippedMs.push(ptsMs);
    if (skippedMs.length > keptResults) skippedMs.shift();
  }

  addPicture(picture: P, nowMs: number): void {
    this.#pictures.push({ picture, sinceMs: nowMs });
    if (this.#pictures.length > this.#kept) this.#passOver(1);
  }

  /** The newest picture that need not wait any longer; older ones are passed over. */
  take(nowMs: number): Match<P> | null {
    const isReady = (_: unknown, index: number) => this.#waitMs(index, nowMs) <= 0;
    const ready = this.#mode === "newest"
      ? this.#pictures.findLastIndex(isReady)
      : this.#pictures.slice(0, 1).findIndex(isReady);
    if (ready < 0) return null;
    this.#passOver(ready);
    const { picture } = this.#pictures.shift()!;
    const analyses = new Map<string, Analysis>();
    for (const [stream, { list }] of this.#results) {
      const found = nearest(list, picture.ptsMs);
      if (found !== null) analyses.set(stream, found.analysis);
    }
    return { picture, analyses };
  }

  /** Milliseconds after which {@link take} has something even if nothing comes; null = it never has. */
  dueInMs(nowMs: number): number | null {
    const waitMs = this.#pictures.length === 0 ? Infinity : this.#waitMs(0, nowMs);
    return waitMs === Infinity ? null : Math.max(0, waitMs);
  }

  /** Pictures later than this are not wanted any more. */
  dropAfter(ptsMs: number): void {
    const later = this.#pictures.filter(({ picture }) => (picture.ptsMs ?? -Infinity) > ptsMs);
    this.#pictures = this.#pictures.filter((waiting) => !later.includes(waiting));
    for (const { picture } of later) this.#discard(picture);
  }

  /** The times of pictures have jumped back: what is known of earlier ones is not true of them. */
  setBack(): void {
    this.#passOver(this.#pictures.length);
    for (const results of this.#results.values()) {
      const { list, skippedMs } = results;
      skippedMs.length = 0;
      const since = list.findLastIndex(({ ptsMs }, at) =>
        at > 0 && isSetBack(list[at - 1]!.ptsMs, ptsMs)
      );
      results.isBehind = since < 0;
      list.splice(0, since < 0 ? list.length : since);
    }
  }

  /** Another run of the source begins: what was known says nothing of what comes. */
  clear(): void {
    this.#passOver(this.#pictures.length);
    this.#results.clear();
  }

  /** A stream has gone: what it said is not to be shown any more. */
  forget(stream: string): void {
    this.#results.delete(stream);
  }

  /** A stream will say no more: what it said still belongs to the pictures of its time. */
  leave(stream: string): void {
    const results = this.#results.get(stream);
    if (results !== undefined) results.lastMs = -Infinity;
  }

  #resultsOf(stream: string, nowMs: number): Results {
    if (!this.#results.has(stream)) this.expect(stream, nowMs);
    return this.#results.get(stream)!;
  }

  #waitMs(index: number, nowMs: number): number {
    const { picture, sinceMs } = this.#pictures[index]!;
    const { ptsMs, isFrame } = picture;
    if (ptsMs === null || isFrame === false) return 0;
    const isPatient = this.#mode === "patient";
    // What is on time need not make room for what comes.
    if (this.#mode === "ordered" && this.#pictures.length >= this.#kept) return 0;
    const awaited = [...this.#results.values()].some(({ list, skippedMs, lastMs }) => {
      if (lastMs === -Infinity || !isPatient && nowMs - lastMs > silenceMs) return false;
      if (skippedMs.some((skipped) => Math.abs(skipped - ptsMs) <= sameMs)) return false;
      // Results come in the order of frames, so that its own is told of before any later one.
      const reachMs = isPatient || isFrame ? sameMs : reach(list);
      return !list.some((result) =>
        result.ptsMs >= ptsMs - sameMs && result.ptsMs - ptsMs <= reachMs
      );
    });
    if (!awaited) return 0;
    return isPatient ? Infinity : sinceMs + patienceMs - nowMs;
  }

  #passOver(count: number): void {
    for (const { picture } of this.#pictures.splice(0, count)) this.#discard(picture);
  }
}

/** Whether a camera's clock was set back between these two, which came one after the other. */
export function isSetBack(beforeMs: number, ptsMs: number): boolean {
  return beforeMs - ptsMs >= longestStepBackMs;
}

function nearest(results: readonly TimedAnalysis[], ptsMs: number | null): TimedAnalysis | null {
  // A picture without a time is newer than any result.
  if (ptsMs === null) return results.at(-1) ?? null;
  const [first, second] = results;
  // Who has just begun to look gets pictures of a moment before, of which nothing is known here.
  const leadMs = first && second ? second.ptsMs - first.ptsMs : sameMs;
  if (first && first.ptsMs - ptsMs > leadMs) return null;
  const distance = (result: TimedAnalysis) => Math.abs(result.ptsMs - ptsMs);
  let nearest: TimedAnalysis | null = null;
  for (const result of results) {
    if (nearest === null || distance(result) <= distance(nearest)) nearest = result;
  }
  return nearest !== null && distance(nearest) <= reach(results) ? nearest : null;
}

/** At 1 result in 3 s, its boxes stay until the next one. */
function reach(results: readonly TimedAnalysis[]): number {
  const [before, last] = results.slice(-2);
  const interval = before && last ? last.ptsMs - before.ptsMs : 0;
  return Math.max(nearMs, Math.min(interval, 10 * nearMs) * 1.5);
}
