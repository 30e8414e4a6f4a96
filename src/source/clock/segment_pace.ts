/** Paces frames of HLS and DASH, which come in segments: when each was captured, and when it is due. */

/** Who waited for a packet so long has read all that there is. */
const edgeMs = 500;

/** A source that is read no faster than this, in seconds a second, has nothing in store. */
const leastSpeed = 1.5;

/** …which is judged after so long. */
const judgeMs = 2000;

/** No playlist of a camera holds so much; what does is no camera's, and has no edge. */
const mostStoredMs = 60_000;

/** A stamp that is off by more than any segment is long was set. */
const jumpMs = 20_000;

/** Share by which frames go faster than they were taken, so that what is in store does not grow. */
const haste = 0.01;

/**
 * HLS and DASH hand over a segment when it is whole, and several of them at the start. So what is
 * there at the start is read as fast as it comes, and not shown: the last packet before the source
 * has to be waited for is the promptest, by which the age of all others is known. From there on frames
 * go out as far apart as they were taken, the first of a segment at once; the source waits meanwhile.
 * A segment that comes late puts off what follows.
 *
 * Times are milliseconds, `ptsMs` the stream's and the others of a monotonic clock.
 */
export class SegmentPace {
  #firstPtsMs = 0;
  #firstAtMs: number | null = null;
  #readAtMs = 0;
  /** What was read before this is too old to be shown. */
  #startPtsMs: number | null = null;
  /** Least offset of our clock from the stream's: that of the promptest packet. */
  #leastMs = Infinity;
  /** Offset at which frames go out. */
  #outMs = -Infinity;
  #outPtsMs: number | null = null;

  /** Nothing is in store: it is all to be shown, from its beginning. */
  begin(): void {
    this.#startPtsMs ??= -Infinity;
  }

  /** How long the packet with this time stamp lay in its segment before it was read. */
  latenessMs(ptsMs: number, nowMs: number): number {
    const offsetMs = nowMs - ptsMs;
    if (this.#startPtsMs === null) {
      if (this.#firstAtMs === null) [this.#firstAtMs, this.#firstPtsMs] = [nowMs, ptsMs];
      else if (this.#isAtEdge(ptsMs, nowMs)) this.#startPtsMs = ptsMs;
      this.#readAtMs = nowMs;
    } else if (Math.abs(offsetMs - this.#outMs) > jumpMs && this.#outPtsMs !== null) {
      // Another clock, and the same delay.
      this.#leastMs += offsetMs - this.#outMs;
      this.#outMs = offsetMs;
      this.#outPtsMs = this.#startPtsMs = ptsMs;
    }
    this.#leastMs = Math.min(this.#leastMs, offsetMs);
    return offsetMs - this.#leastMs;
  }

  /** Whether the frame with this time stamp was in store before all began. */
  isStale(ptsMs: number): boolean {
    return this.#startPtsMs === null || ptsMs < this.#startPtsMs;
  }

  /** Milliseconds to wait before the frame goes out. */
  dueInMs(ptsMs: number, nowMs: number): number {
    const passedMs = Math.max(0, ptsMs - (this.#outPtsMs ?? ptsMs));
    this.#outPtsMs = ptsMs;
    this.#outMs = Math.max(this.#outMs - passedMs * haste, nowMs - ptsMs);
    return ptsMs + this.#outMs - nowMs;
  }

  /** How old frames are when they go out, for no other reason than that they come in segments. */
  get delayMs(): number {
    return Math.max(0, this.#outMs - this.#leastMs);
  }

  #isAtEdge(ptsMs: number, nowMs: number): boolean {
    if (nowMs - this.#readAtMs >= edgeMs) return true;
    const readMs = nowMs - this.#firstAtMs!;
    const storedMs = ptsMs - this.#firstPtsMs;
    return storedMs > mostStoredMs || readMs >= judgeMs && storedMs < readMs * leastSpeed;
  }
}
