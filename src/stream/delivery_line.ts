/** Results leave in frame order, and no frame waits longer than its age allows. */

import type { FrameInfo } from "../frame/frame.ts";
import type { DropReason } from "./ledger.ts";

/** How the work on a frame ended. */
export type Outcome<Result> =
  | { readonly kind: "result"; readonly result: Result }
  | { readonly kind: "dropped"; readonly reason: DropReason };

/** A frame's place in the line. */
export interface Place<Result> {
  /**
   * Aborts when the frame is given up; whoever works on it should stop. The reason is a
   * `TimeoutError` when the frame came of age.
   */
  readonly signal: AbortSignal;
  /** Says how the work ended; only the first word counts. */
  settle(outcome: Outcome<Result>): void;
}

/** Settings of a {@link DeliveryLine}. */
export interface DeliveryLineOptions<Result> {
  /** Milliseconds after its capture at which an unsettled frame is dropped; null = never. */
  readonly maxAgeMs: number | null;
  /** What a frame's age is allowed to be more than that. @default {nothing} */
  delayMs?(frame: FrameInfo): number;
  /** Frames that may stand in the line at once. */
  readonly capacity: number;
  /** Takes one result; the next is not handed over before this resolves. */
  deliver(frame: FrameInfo, result: Result): Promise<void>;
  /** Hears of a frame that gives no result. */
  drop(frame: FrameInfo, reason: DropReason): void;
}

/** Results that may wait while an earlier one is delivered. */
const resultsAhead = 2;

interface Entry<Result> {
  readonly frame: FrameInfo;
  readonly abort: AbortController;
  outcome: Outcome<Result> | undefined;
}

/**
 * Takes frames in order, lets work on them end in any order, and delivers in order.
 *
 * Only the head of the line is timed: frames are captured in order, so it is always the first to
 * come of age. When it does, it is dropped and its work aborted, and those behind it move on. One
 * timer serves many heads, since setting one for each costs more than looking again.
 */
export class DeliveryLine<Result> implements Disposable {
  readonly #options: DeliveryLineOptions<Result>;
  readonly #entries: Entry<Result>[] = [];
  #delivering = false;
  /** Entries with an outcome. */
  #settled = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer looks at the head, on the wall clock. */
  #lookAtMs = Infinity;
  /** Resolves at the next change; made when somebody waits for one. */
  #changed: PromiseWithResolvers<void> | undefined;

  constructor(options: DeliveryLineOptions<Result>) {
    this.#options = options;
  }

  /** Frames in the line now. */
  get length(): number {
    return this.#entries.length;
  }

  /** Whether the frame is older than allowed. */
  isTooOld(frame: FrameInfo): boolean {
    const { maxAgeMs } = this.#options;
    return maxAgeMs !== null && Date.now() - this.#freshAtMs(frame) > maxAgeMs;
  }

  /**
   * Resolves when one more frame may enter. Where results come faster than they are delivered, more
   * of them would only grow old here; those that wait for a slow head are no such case.
   */
  async space(): Promise<void> {
    while (
      this.#entries.length >= this.#options.capacity ||
      (this.#delivering && this.#settled > resultsAhead)
    ) await this.#change();
  }

  /** Resolves when the line is empty. */
  async idle(): Promise<void> {
    while (this.#entries.length > 0 || this.#delivering) await this.#change();
  }

  /** Gives the frame its place behind those that came before. */
  enter(frame: FrameInfo): Place<Result> {
    const entry: Entry<Result> = { frame, abort: new AbortController(), outcome: undefined };
    this.#entries.push(entry);
    this.#watchHead();
    return {
      signal: entry.abort.signal,
      settle: (outcome) => {
        if (entry.outcome) return;
        this.#settle(entry, outcome);
        this.#advance();
      },
    };
  }

  /** Gives up every frame whose work has not ended, even if whoever works on it does not listen. */
  abortAll(): void {
    for (const entry of this.#entries) {
      if (!entry.outcome) this.#settle(entry, { kind: "dropped", reason: "error" });
      entry.abort.abort();
    }
    this.#advance();
  }

  /** Looks no more; for the end, when the line is empty or left alone. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#lookAtMs = -Infinity;
  }

  /** From when on a frame grows older than it has to be. */
  #freshAtMs(frame: FrameInfo): number {
    return frame.capturedAtMs + (this.#options.delayMs?.(frame) ?? 0);
  }

  #settle(entry: Entry<Result>, outcome: Outcome<Result>): void {
    entry.outcome = outcome;
    this.#settled++;
  }

  async #advance(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    for (let head = this.#entries[0]; head?.outcome; head = this.#entries[0]) {
      const { frame, outcome } = head;
      if (outcome.kind === "dropped") {
        this.#options.drop(frame, outcome.reason);
      } else if (this.isTooOld(frame)) {
        this.#options.drop(frame, "too_old");
      } else {
        await this.#options.deliver(frame, outcome.result);
      }
      this.#entries.shift();
      this.#settled--;
      this.#announce();
    }
    this.#delivering = false;
    this.#announce();
    this.#watchHead();
  }

  /** Sees to it that somebody looks when the head comes of age. */
  #watchHead(): void {
    const { maxAgeMs } = this.#options;
    const head = this.#entries[0];
    if (maxAgeMs === null || !head || this.#delivering) return;
    // One more millisecond, so that the head is past its age and not just at it.
    const dueAtMs = this.#freshAtMs(head.frame) + maxAgeMs + 1;
    if (dueAtMs >= this.#lookAtMs) return;
    clearTimeout(this.#timer);
    this.#lookAtMs = dueAtMs;
    this.#timer = setTimeout(() => this.#look(), Math.max(0, dueAtMs - Date.now()));
  }

  #look(): void {
    this.#lookAtMs = Infinity;
    const head = this.#entries[0];
    if (!head || this.#delivering) return;
    if (!this.isTooOld(head.frame)) return this.#watchHead();
    if (!head.outcome) this.#settle(head, { kind: "dropped", reason: "too_old" });
    head.abort.abort(new DOMException("The frame came of age", "TimeoutError"));
    this.#advance();
  }

  #change(): Promise<void> {
    this.#changed ??= Promise.withResolvers();
    return this.#changed.promise;
  }

  #announce(): void {
    this.#changed?.resolve();
    this.#changed = undefined;
  }
}
