/** The ledger of one stream: counts what became of every frame. */

import type { Dropped, LedgerCounts } from "./status.ts";

/** Why a frame was not processed. */
export type DropReason = keyof Dropped;

/**
 * Counts frames. `in_flight` is what was received and not yet settled, so that
 * `received = processed + Σ dropped + in_flight` holds at every moment by construction; what can be
 * wrong is only a frame that is settled twice or never, which the tests look for at the end of a run.
 */
export class Ledger {
  #received = 0;
  #processed = 0;
  readonly #dropped: Record<DropReason, number> = {
    queue_full: 0,
    too_old: 0,
    skipped: 0,
    no_answer: 0,
    error: 0,
  };

  /** A frame came from the source. */
  receive(): void {
    this.#received++;
  }

  /** A frame became a record. */
  process(): void {
    this.#processed++;
  }

  /** A frame ended otherwise. */
  drop(reason: DropReason): void {
    this.#dropped[reason]++;
  }

  /** Frames received so far. */
  get received(): number {
    return this.#received;
  }

  /** Frames that ended otherwise than as a record. */
  get droppedTotal(): number {
    const { queue_full, too_old, skipped, no_answer, error } = this.#dropped;
    return queue_full + too_old + skipped + no_answer + error;
  }

  /** A copy of all counters, taken at one moment. */
  counts(): LedgerCounts {
    return {
      received: this.#received,
      processed: this.#processed,
      dropped: { ...this.#dropped },
      in_flight: this.#received - this.#processed - this.droppedTotal,
    };
  }
}
