/** The admission queue between a source and the executors, which sheds load when the model is too slow. */

import { BoundedQueue } from "../frame/bounded_queue.ts";
import { pause } from "../backoff.ts";

/** After so long without a displaced frame, the model counts as fast enough. */
const calmMs = 1000;
/** The pace is kept below what was measured, so that it is never itself the bottleneck. */
const paceShare = 0.8;

/** Settings of an {@link AdmissionQueue}. */
export interface AdmissionQueueOptions {
  /** Frames that may wait in a burst. */
  readonly capacity: number;
  /** Frames that may be worked on at once. */
  readonly executors: number;
  /** Milliseconds for which frames may wait all the time; null = for ever. */
  readonly patienceMs: number | null;
  /** A monotonic clock in milliseconds. @default {performance.now} */
  readonly now?: () => number;
}

/**
 * A queue for bursts. If it does not empty within the patience, the model is too slow, and a long
 * queue would only make every result as old as allowed. From then on only the newest frame waits,
 * and frames are admitted at an even pace: results are as fresh as the model can make them, and
 * dropped frames are spread evenly over time.
 */
export class AdmissionQueue<T> {
  readonly #options: AdmissionQueueOptions;
  readonly #queue: BoundedQueue<T>;
  readonly #now: () => number;
  /** How long the last few frames were worked on, in milliseconds. */
  readonly #workMs: number[] = [];
  #standingSinceMs: number | null = null;
  /** When a frame was last displaced; null while there is no overload. */
  #overloadedAtMs: number | null = null;
  #nextTakeMs = 0;

  constructor(options: AdmissionQueueOptions) {
    this.#options = options;
    this.#queue = new BoundedQueue(options.capacity);
    this.#now = options.now ?? performance.now.bind(performance);
  }

  /** Frames that wait now. */
  get size(): number {
    return this.#queue.size;
  }

  /** Whether frames come faster than they can be worked on. */
  get isOverloaded(): boolean {
    return this.#overloadedAtMs !== null;
  }

  /** Adds a frame without waiting; returns those that it displaces. */
  push(frame: T): readonly T[] {
    const displaced = this.#queue.push(frame);
    const nowMs = this.#now();
    if (this.#overloadedAtMs !== null) {
      if (displaced !== undefined) this.#overloadedAtMs = nowMs;
      else if (nowMs - this.#overloadedAtMs > calmMs) this.#calmDown();
    } else if (this.#queue.size > 1) {
      this.#standingSinceMs ??= nowMs;
      const { patienceMs } = this.#options;
      if (patienceMs !== null && nowMs - this.#standingSinceMs > patienceMs) {
        this.#overloadedAtMs = nowMs;
        const excess = this.#queue.narrow(1);
        return displaced === undefined ? excess : [displaced, ...excess];
      }
    }
    return displaced === undefined ? [] : [displaced];
  }

  /** Resolves when the next `push` displaces nothing, or when it is closed. */
  space(): Promise<void> {
    return this.#queue.space();
  }

  /**
   * True as soon as an executor may take a frame, which it then does by `take`; false once it is
   * closed and empty. `signal` ends the waiting for a pace, not that for a frame.
   */
  async arrival(signal: AbortSignal): Promise<boolean> {
    const there = await this.#queue.arrival();
    const paceMs = this.#paceMs();
    if (!there || paceMs === 0) return there;
    const nowMs = this.#now();
    const takeMs = Math.max(nowMs, this.#nextTakeMs);
    this.#nextTakeMs = takeMs + paceMs;
    if (takeMs > nowMs) await pause(takeMs - nowMs, signal);
    return true;
  }

  /** A frame, after an `arrival`; undefined when the frame was displaced meanwhile. */
  take(): T | undefined {
    const frame = this.#queue.take();
    if (this.#queue.size === 0) this.#standingSinceMs = null;
    return frame;
  }

  /** A frame was worked on for so long. */
  worked(durationMs: number): void {
    this.#workMs.push(durationMs);
    if (this.#workMs.length > this.#options.executors + 1) this.#workMs.shift();
  }

  /** Takes out everything that waits. */
  clear(): T[] {
    return this.#queue.clear();
  }

  /** Accepts nothing more. What waits can still be taken. */
  close(): void {
    this.#queue.close();
  }

  /** Milliseconds between two frames: the least of the last durations, since one may be an outlier. */
  #paceMs(): number {
    if (this.#overloadedAtMs === null || this.#workMs.length === 0) return 0;
    return Math.min(...this.#workMs) / this.#options.executors * paceShare;
  }

  #calmDown(): void {
    this.#overloadedAtMs = null;
    this.#standingSinceMs = null;
    this.#nextTakeMs = 0;
    this.#queue.narrow(this.#options.capacity);
  }
}
