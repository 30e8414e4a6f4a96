/** The books of one destination: what was accepted is delivered, dropped by kind, or waits. */

import type { DeliveryState } from "./store/delivery_store.ts";
import type { Item } from "./lanes.ts";

/** What may wait at the most; what passes a bound is dropped, the oldest first. */
export interface DeliveryBounds {
  /** Milliseconds since the capture. */
  readonly maxAgeMs: number;
  readonly maxEvents: number;
  /** Bytes of JSON. */
  readonly maxBytes: number;
}

/** Events in memory, and bytes of their JSON; the rest waits in the event log. */
const mostInMemory = 2000;
const mostBytesInMemory = 32 << 20;

/**
 * Counts. At every moment `accepted = delivered + expired + full + refused + waiting`: what waits is
 * what is left, so that an event which vanished from the log waits until it is found missing.
 */
export class DeliveryBooks {
  /** Events of the log up to this number are counted. */
  head: number;
  /** Events of the log up to this number are in memory, or settled, or none of ours. */
  readTo: number;
  accepted: number;
  lastError: string | null;
  disabled: string | null;
  readonly #bounds: DeliveryBounds;
  #delivered: number;
  #expired: number;
  #full: number;
  #refused: number;
  #waitingBytes: number;
  #bytesInMemory = 0;
  /** Settled above the cursor by an earlier process. */
  readonly #settledBefore: Set<number>;
  /** Of the log, by number; what is settled at the front leaves. */
  #items: Item[] = [];
  /** What is not of the log (any more), and not settled. */
  readonly #others = new Set<Item>();
  #cursor: number;

  constructor(bounds: DeliveryBounds, state: Partial<DeliveryState>) {
    this.#bounds = bounds;
    this.#cursor = this.readTo = state.cursor ?? 0;
    this.head = state.head ?? 0;
    this.accepted = state.accepted ?? 0;
    this.#delivered = state.delivered ?? 0;
    this.#expired = state.expired ?? 0;
    this.#full = state.full ?? 0;
    this.#refused = state.refused ?? 0;
    this.#waitingBytes = state.waitingBytes ?? 0;
    this.lastError = state.lastError ?? null;
    this.disabled = state.disabled ?? null;
    this.#settledBefore = new Set(state.settled);
  }

  /** Events that were refused for good. */
  get refused(): number {
    return this.#refused;
  }

  get waiting(): number {
    return this.accepted - this.#delivered - this.#expired - this.#full - this.#refused;
  }

  /** Whether more may be read from the log. */
  get hasRoom(): boolean {
    return this.#items.length < mostInMemory && this.#bytesInMemory < mostBytesInMemory;
  }

  /** As it is kept. */
  state(): DeliveryState {
    this.#advance();
    const settled = [
      ...this.#items.filter(({ state }) => state === "settled").map(({ seq }) => seq!),
      ...this.#settledBefore,
    ];
    const oldest = this.#items[0] ?? [...this.#others][0];
    return {
      cursor: this.#cursor,
      settled,
      head: this.head,
      accepted: this.accepted,
      delivered: this.#delivered,
      expired: this.#expired,
      full: this.#full,
      refused: this.#refused,
      waitingBytes: this.#waitingBytes,
      oldestAtMs: oldest?.atMs ?? null,
      lastError: this.lastError,
      disabled: this.disabled,
    };
  }

  /** An event of the log is this destination's. */
  accept(bytes: number): void {
    this.accepted++;
    this.#waitingBytes += bytes;
  }

  /** An event that was accepted is in memory now. */
  enter(item: Item): void {
    if (item.state !== "settled") this.#bytesInMemory += item.bytes;
    if (item.seq === null) this.#others.add(item);
    else this.#items.push(item);
  }

  /** Whether an earlier process settled an event beyond the cursor; it is not asked again. */
  wasSettled(seq: number): boolean {
    return this.#settledBefore.delete(seq);
  }

  settle(item: Item, how: "delivered" | "expired" | "full" | "refused"): void {
    item.state = "settled";
    this.#bytesInMemory -= item.bytes;
    if (how === "delivered") this.#delivered++;
    else if (how === "expired") this.#expired++;
    else if (how === "full") this.#full++;
    else this.#refused++;
    this.#others.delete(item);
    if (item.letter === null) this.#waitingBytes -= item.bytes;
  }

  /** Drops what is over a bound and not under way, and returns how many these are. */
  trim(nowMs: number): number {
    const { maxAgeMs, maxEvents, maxBytes } = this.#bounds;
    let dropped = 0;
    for (const item of this.#items) {
      const isOver = this.waiting > maxEvents || this.#waitingBytes > maxBytes;
      const isExpired = nowMs - item.atMs > maxAgeMs;
      if (!isOver && !isExpired) break;
      if (item.state !== "waiting") continue;
      this.settle(item, isExpired ? "expired" : "full");
      dropped++;
    }
    this.#advance();
    return dropped;
  }

  /**
   * All that waits is in memory now: whatever else was counted is not in the log any more, and is
   * dropped as `full`. Returns how many these are.
   */
  reconcile(): number {
    const inMemory = this.#items.filter(({ state }) => state !== "settled");
    const missing = this.waiting - inMemory.length - this.#others.size;
    const lost = Math.max(0, missing);
    this.#full += lost;
    // What the filter was when they were counted need not be what it is now.
    this.accepted += lost - missing;
    this.#settledBefore.clear();
    this.#waitingBytes = [...inMemory, ...this.#others]
      .reduce((sum, { letter, bytes }) => sum + (letter === null ? bytes : 0), 0);
    return lost;
  }

  /** Another log goes on from `seq`: what is in memory is still sent, what was not read is lost. */
  beginAgain(seq: number): void {
    for (const item of this.#items) {
      if (item.state === "settled") continue;
      item.seq = null;
      this.#others.add(item);
    }
    this.#items = [];
    this.#settledBefore.clear();
    this.head = this.readTo = this.#cursor = seq;
    this.reconcile();
  }

  #advance(): void {
    while (this.#items[0]?.state === "settled") this.#items.shift();
    const [first] = this.#items;
    this.#cursor = first === undefined ? this.readTo : first.seq! - 1;
  }
}
