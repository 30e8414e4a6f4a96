/** How much may be under way to a page: as much as it acknowledges in time. */

/** Without an acknowledgement for so long beyond the quickest one, nothing more is sent. */
const patienceMs = 150;
/** The quickest acknowledgement is sought anew so often: a path may have become longer. */
const memoryMs = 10_000;
/** It counts no further: on a path that is always full, all acknowledgements are slow. */
const mostQuickestMs = 250;

/** Bytes that are let out before anything is known of the path, and at the least later on. */
const firstBytes = 16 * 1024;
const leastBytes = 4 * 1024;
/** Once a path was too slow, more is tried by this share of what arrives in time. */
const trial = 1 / 8;

interface Sent {
  readonly sequence: number;
  readonly bytes: number;
  /** What was under way when it was sent, itself included. */
  readonly underWay: number;
  readonly atMs: number;
}

/**
 * Keeps what is under way to one page small enough that it is new when it arrives. The page takes in
 * what was sent and acknowledges it; as long as that takes no longer than it can, the path is clear.
 * Once it takes longer something fills up on the way, and what would be sent now would come late.
 */
export class SendWindow {
  readonly #now: () => number;
  readonly #mostBytes: number;
  readonly #waiting: () => number;
  /** By channel, in the order in which it was sent. */
  readonly #sent = new Map<number, Sent[]>();
  #bytes = 0;
  #limit: number;
  #wasLate = false;
  /** Of the current and of the last span of {@link memoryMs}. */
  #quickestMs: [number, number] = [Infinity, Infinity];
  #turnedAtMs: number;

  /**
   * `now`: a monotonic clock in milliseconds; `mostBytes` may be under way at most, a single message
   * may be larger; `waiting`: bytes that wait in this process, those of channels that ended as well.
   */
  constructor(now: () => number, mostBytes = 1024 * 1024, waiting: () => number = () => 0) {
    this.#now = now;
    this.#mostBytes = mostBytes;
    this.#waiting = waiting;
    this.#limit = Math.min(firstBytes, mostBytes);
    this.#turnedAtMs = now();
  }

  /** Bytes that were sent and not acknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  /** For how long the oldest message has not been acknowledged, in milliseconds; 0 = none is under way. */
  get waitsMs(): number {
    let oldestMs = Infinity;
    for (const [first] of this.#sent.values()) {
      if (first !== undefined) oldestMs = Math.min(oldestMs, first.atMs);
    }
    return oldestMs === Infinity ? 0 : this.#now() - oldestMs;
  }

  /** Whether so many bytes may be sent now. */
  admits(bytes: number): boolean {
    // Channels that end are forgotten, what was sent on them is still to go.
    if (this.#waiting() > this.#mostBytes) return false;
    if (this.#bytes === 0) return true;
    return this.#bytes + bytes <= this.#limit && this.waitsMs <= this.#dueMs;
  }

  sent(channel: number, sequence: number, bytes: number): void {
    const list = this.#sent.get(channel) ?? [];
    this.#sent.set(channel, list);
    this.#bytes += bytes;
    list.push({ sequence, bytes, underWay: this.#bytes, atMs: this.#now() });
  }

  /** Everything of the channel was taken in, up to this message; tells how many messages that are. */
  acknowledged(channel: number, sequence: number): number {
    const list = this.#sent.get(channel) ?? [];
    const nowMs = this.#now();
    let last: Sent | undefined;
    let count = 0;
    let bytes = 0;
    while (list.length > 0 && list[0]!.sequence <= sequence) {
      last = list.shift()!;
      count++;
      bytes += last.bytes;
    }
    if (last === undefined) return 0;
    this.#bytes -= bytes;
    this.#adapt(last, bytes, nowMs - last.atMs);
    if (nowMs - this.#turnedAtMs > memoryMs) {
      this.#turnedAtMs = nowMs;
      this.#quickestMs = [Infinity, this.#quickestMs[0]];
    }
    this.#quickestMs[0] = Math.min(this.#quickestMs[0], nowMs - last.atMs);
    return count;
  }

  /** An acknowledgement may take so long. */
  get #dueMs(): number {
    const quickestMs = Math.min(...this.#quickestMs);
    return patienceMs + (quickestMs === Infinity ? 0 : Math.min(quickestMs, mostQuickestMs));
  }

  /** What came late tells how much the path carries in good time. */
  #adapt(last: Sent, bytes: number, tookMs: number): void {
    if (tookMs > this.#dueMs) {
      this.#wasLate = true;
      this.#limit = Math.max(leastBytes, last.underWay / tookMs * patienceMs);
    } else {
      const more = this.#wasLate ? bytes * trial : bytes;
      this.#limit = Math.min(this.#mostBytes, this.#limit + more);
    }
  }

  /** What is under way of the channel will not be acknowledged. */
  forget(channel: number): void {
    for (const { bytes } of this.#sent.get(channel) ?? []) this.#bytes -= bytes;
    this.#sent.delete(channel);
  }
}
