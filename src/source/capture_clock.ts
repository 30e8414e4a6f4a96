/** How late a packet is, told by the stream's own clock rather than by when we came to read it. */

/**
 * Lateness up to this many milliseconds is jitter: of a network, of a camera's scheduler, of a key
 * frame that takes longer to send.
 */
export const jitterMs = 200;

/**
 * A time stamp that lies further back than this is a clock that was set. Pictures that are sent in
 * another order than they are shown in lie less far back.
 */
const resetMs = 2000;

/** The best packet is forgotten after one to two such spans: clocks drift by some 100 ms in 1000 s. */
const spanMs = 30_000;

/** So long late packets are watched before it is judged whether they catch up. */
const judgeMs = 300;

/** Share of the time watched by which a backlog must have shrunk, else it is none. */
const leastCatchUp = 0.15;

/** Of late packets in a row: when watching began, and the offset then. */
interface Watch {
  readonly sinceMs: number;
  readonly offsetMs: number;
}

/**
 * Compares each packet with the promptest one of the last half minute or so, which is how jitter
 * buffers and NTP find a clock's offset under a network's delays. A packet that is late by more
 * than jitter was kept somewhere: in a pipe or socket while somebody was stopped, or on the way.
 *
 * That only holds while lateness shrinks, as it does when a backlog is worked off. Where it stays,
 * nothing is kept back: the camera paused, or its clock was set or is wrong. Then what is now is
 * taken for prompt, so that such a camera is believed to be late for a moment and not for ever.
 */
export class CaptureClock {
  /** Least offset (our clock less the stream's) in this span and in the one before. */
  #leastMs = Infinity;
  #leastBeforeMs = Infinity;
  #spanSinceMs = 0;
  #newestPtsMs = -Infinity;
  #late: Watch | null = null;

  /**
   * Milliseconds by which the packet with this time stamp, read at `nowMs`, is late; 0 within
   * jitter. `nowMs` is a clock that nobody sets, such as `performance.now()`.
   */
  latenessMs(ptsMs: number, nowMs: number): number {
    const offsetMs = nowMs - ptsMs;
    if (ptsMs < this.#newestPtsMs - resetMs) return this.#restart(ptsMs, nowMs);
    this.#newestPtsMs = Math.max(this.#newestPtsMs, ptsMs);
    const lateMs = offsetMs - Math.min(this.#leastMs, this.#leastBeforeMs);
    if (!(lateMs > jitterMs)) {
      this.#prompt(offsetMs, nowMs);
      return 0;
    }
    const watch = this.#late ??= { sinceMs: nowMs, offsetMs };
    const watchedMs = nowMs - watch.sinceMs;
    if (watchedMs < judgeMs) return lateMs;
    if (watch.offsetMs - offsetMs < watchedMs * leastCatchUp) return this.#restart(ptsMs, nowMs);
    this.#late = { sinceMs: nowMs, offsetMs };
    return lateMs;
  }

  #prompt(offsetMs: number, nowMs: number): void {
    this.#late = null;
    // Only a prompt packet ends a span: what was known before a long stop is needed after it.
    if (nowMs - this.#spanSinceMs > spanMs) {
      this.#leastBeforeMs = this.#leastMs;
      this.#leastMs = offsetMs;
      this.#spanSinceMs = nowMs;
    }
    this.#leastMs = Math.min(this.#leastMs, offsetMs);
  }

  #restart(ptsMs: number, nowMs: number): 0 {
    this.#leastMs = nowMs - ptsMs;
    this.#leastBeforeMs = Infinity;
    this.#spanSinceMs = nowMs;
    this.#newestPtsMs = ptsMs;
    this.#late = null;
    return 0;
  }
}
