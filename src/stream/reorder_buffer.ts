/** A reorder buffer: results leave in frame order, and no frame waits past its deadline. */

import type { FrameInfo } from "../frame/frame.ts";
import { WakeTimer } from "../wake_timer.ts";
import type { DropReason } from "./ledger.ts";

/** How the work on a frame ended. */
export type Outcome<Result> =
  | { readonly kind: "result"; readonly result: Result }
  | { readonly kind: "dropped"; readonly reason: DropReason };

/** What the buffer has to know of a frame. */
export interface TimedFrame {
  readonly info: Pick<FrameInfo, "capturedAtMs">;
  /** Milliseconds that its age may exceed the limit by: it was as old as that when it came. */
  readonly delayMs: number;
}

/** A frame's slot in the buffer. */
export interface Slot<Result> {
  /**
   * Aborts when the frame is given up, so that work on it stops. The reason is a `TimeoutError` when
   * the frame's deadline was exceeded.
   */
  readonly signal: AbortSignal;
  /** What the frame counts as when its deadline is exceeded from now on. @default {"too_old"} */
  overdue(reason: DropReason): void;
  /** Sets how the work ended; only the first call counts. */
  settle(outcome: Outcome<Result>): void;
}

/** Settings of a {@link ReorderBuffer}. */
export interface ReorderBufferOptions<Frame extends TimedFrame, Result> {
  /** Milliseconds after its capture at which an unsettled frame is dropped; null = never. */
  readonly maxAgeMs: number | null;
  /** Frames in the buffer at once. */
  readonly capacity: number;
  /** Takes one result; the next is not handed over before this resolves. */
  deliver(frame: Frame, result: Result): Promise<void>;
  /** Called for each frame that gives no result, in frame order. */
  drop(frame: Frame, reason: DropReason): void;
}

/** Results that may wait while an earlier one is delivered. */
const resultsAhead = 2;

interface HeldSlot<Frame, Result> {
  readonly frame: Frame;
  readonly abort: AbortController;
  overdue: DropReason;
  outcome: Outcome<Result> | undefined;
}

/**
 * Takes frames in order, lets work on them end in any order, and delivers in order.
 *
 * Only the head is timed: frames are captured in order, so its deadline is always the first. When
 * that is exceeded, the head is dropped and its work aborted, and those behind it move on. One timer
 * serves many heads, since setting one for each costs more than checking again.
 */
export class ReorderBuffer<Frame extends TimedFrame, Result> implements Disposable {
  readonly #options: ReorderBufferOptions<Frame, Result>;
  readonly #slots: HeldSlot<Frame, Result>[] = [];
  #delivering = false;
  /** Slots with an outcome. */
  #settled = 0;
  /** Checks the head; on the wall clock, as frames' capture times are. */
  readonly #timer = new WakeTimer(() => this.#checkHead(), Date.now);
  /** Resolves at the next change; made when one is awaited. */
  #changed: PromiseWithResolvers<void> | undefined;

  constructor(options: ReorderBufferOptions<Frame, Result>) {
    this.#options = options;
  }

  /** Frames in the buffer now. */
  get length(): number {
    return this.#slots.length;
  }

  /** Whether the frame is older than allowed. */
  isTooOld(frame: Frame): boolean {
    const { maxAgeMs } = this.#options;
    return maxAgeMs !== null && Date.now() - freshAtMs(frame) > maxAgeMs;
  }

  /**
   * Resolves when one more frame may enter. Where results come faster than they are delivered, more
   * of them would only grow old here; those that wait for a slow head do not count.
   */
  async space(): Promise<void> {
    while (
      this.#slots.length >= this.#options.capacity ||
      (this.#delivering && this.#settled > resultsAhead)
    ) await this.#change();
  }

  /** Resolves when the buffer is empty. */
  async idle(): Promise<void> {
    while (this.#slots.length > 0 || this.#delivering) await this.#change();
  }

  /** Reserves the slot behind all others for the frame. */
  reserve(frame: Frame): Slot<Result> {
    const slot: HeldSlot<Frame, Result> = {
      frame,
      abort: new AbortController(),
      overdue: "too_old",
      outcome: undefined,
    };
    this.#slots.push(slot);
    this.#watchHead();
    return {
      signal: slot.abort.signal,
      overdue: (reason) => slot.overdue = reason,
      settle: (outcome) => {
        if (slot.outcome) return;
        this.#settle(slot, outcome);
        this.#advance();
      },
    };
  }

  /** Gives up every frame whose work has not ended, even if that work ignores the signal. */
  abortAll(): void {
    for (const slot of this.#slots) {
      // A graph may leave its last frames out, which is no failure.
      const reason = slot.overdue === "no_answer" ? "no_answer" : "error";
      if (!slot.outcome) this.#settle(slot, { kind: "dropped", reason });
      slot.abort.abort();
    }
    this.#advance();
  }

  /** Stops the timer; for the end, when the buffer is empty or abandoned. */
  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #settle(slot: HeldSlot<Frame, Result>, outcome: Outcome<Result>): void {
    slot.outcome = outcome;
    this.#settled++;
  }

  async #advance(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    for (let head = this.#slots[0]; head?.outcome; head = this.#slots[0]) {
      const { frame, outcome } = head;
      if (outcome.kind === "dropped") {
        this.#options.drop(frame, outcome.reason);
      } else if (this.isTooOld(frame)) {
        this.#options.drop(frame, "too_old");
      } else {
        await this.#options.deliver(frame, outcome.result);
      }
      this.#slots.shift();
      this.#settled--;
      this.#announce();
    }
    this.#delivering = false;
    this.#announce();
    this.#watchHead();
  }

  /** Arms the timer for the head's deadline. */
  #watchHead(): void {
    const { maxAgeMs } = this.#options;
    const head = this.#slots[0];
    if (maxAgeMs === null || !head || this.#delivering) return;
    // One more millisecond, so that the deadline is exceeded by then and not just reached.
    this.#timer.arm(freshAtMs(head.frame) + maxAgeMs + 1);
  }

  #checkHead(): void {
    const head = this.#slots[0];
    if (!head || this.#delivering) return;
    if (!this.isTooOld(head.frame)) return this.#watchHead();
    // A head that is settled is being delivered.
    this.#settle(head, { kind: "dropped", reason: head.overdue });
    head.abort.abort(new DOMException("Frame deadline exceeded", "TimeoutError"));
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

/** From when on a frame grows older than it has to be. */
function freshAtMs({ info, delayMs }: TimedFrame): number {
  return info.capturedAtMs + delayMs;
}
