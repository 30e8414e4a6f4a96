/** How late a packet is, by the stream's own clock rather than by when we came to read it. */

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

/** A clock that was wrong is believed again when it has run with the packets for so long. */
const probationMs = 30_000;

/** Of late packets in a row: when watching began, and the offset then. */
interface Watch {
  readonly sinceMs: number;
  readonly offsetMs: number;
}

/** Packets among which a clock that was wrong is watched: how far apart offsets were since then. */
interface Probation {
  readonly sinceMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

/**
 * Compares each packet with the promptest one of the last half minute or so, which is how jitter
 * buffers and NTP find a clock's offset under a network's delays. A packet that is late by more
 * than jitter was kept somewhere: in a pipe or socket while we or ffmpeg were stopped, or on the way.
 *
 * That only holds while lateness shrinks, as it does when a backlog is worked off. Where it stays,
 * nothing is kept back: the camera paused, or its clock was set. Then what is now is taken for
 * prompt, so that such a camera is believed to be late for a moment and not for ever. Where it grows,
 * or stays once more, the clock is none: it runs slower than time does, or stamps frames by a rate
 * that the camera does not keep. From there on packets are as old as their arrival says.
 */
export class CaptureClock {
  /** Least offset (our clock less the stream's) in this span and in the one before. */
  #leastMs = Infinity;
  #leastBeforeMs = Infinity;
  #spanSinceMs = 0;
  #newestPtsMs = -Infinity;
  /** Of the packet before: when it was read, its offset and how late it was. */
  #readAtMs = -Infinity;
  #offsetMs = -Infinity;
  #lateMs = 0;
  #late: Watch | null = null;
  /** When lateness last stayed. */
  #stayedAtMs = -Infinity;
  /** Null while the clock is believed. */
  #probation: Probation | null = null;

  /**
   * Milliseconds by which the packet with this time stamp, read at `nowMs`, is late; 0 within
   * jitter. `nowMs` is monotonic, such as `performance.now()`.
   */
  latenessMs(ptsMs: number, nowMs: number): number {
    const passedMs = nowMs - this.#readAtMs;
    this.#readAtMs = nowMs;
    const offsetMs = nowMs - ptsMs;
    // One time stamp by itself may be wrong: an offset counts once the next is no greater.
    const confirmedMs = Math.max(offsetMs, this.#offsetMs);
    this.#offsetMs = offsetMs;
    if (this.#probation !== null) return this.#watchWrong(ptsMs, offsetMs, nowMs);
    if (ptsMs < this.#newestPtsMs - resetMs) return this.#restart(ptsMs, nowMs);
    this.#newestPtsMs = Math.max(this.#newestPtsMs, ptsMs);
    const behindMs = offsetMs - Math.min(this.#leastMs, this.#leastBeforeMs);
    // What waits grows older as time passes and no faster; else it is the time stamp that is wrong.
    const lateMs = this.#lateMs = Math.min(Math.max(0, behindMs), this.#lateMs + passedMs);
    if (!(lateMs > jitterMs)) {
      this.#prompt(confirmedMs, nowMs);
      return 0;
    }
    const watch = this.#late ??= { sinceMs: nowMs, offsetMs };
    const watchedMs = nowMs - watch.sinceMs;
    if (watchedMs < judgeMs) return lateMs;
    const grownMs = offsetMs - watch.offsetMs;
    if (grownMs > -watchedMs * leastCatchUp) return this.#judge(grownMs, ptsMs, nowMs);
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

  /** Lateness did not shrink. */
  #judge(grownMs: number, ptsMs: number, nowMs: number): 0 {
    if (grownMs > jitterMs / 2 || nowMs - this.#stayedAtMs < spanMs) {
      this.#probation = { sinceMs: nowMs, leastMs: nowMs - ptsMs, mostMs: nowMs - ptsMs };
    }
    this.#stayedAtMs = nowMs;
    return this.#restart(ptsMs, nowMs);
  }

  /** Nothing is late by a clock that is none, until it was right for long enough. */
  #watchWrong(ptsMs: number, offsetMs: number, nowMs: number): 0 {
    const { sinceMs, ...before } = this.#probation!;
    const leastMs = Math.min(before.leastMs, offsetMs);
    const mostMs = Math.max(before.mostMs, offsetMs);
    if (mostMs - leastMs > jitterMs) {
      this.#probation = { sinceMs: nowMs, leastMs: offsetMs, mostMs: offsetMs };
    } else if (nowMs - sinceMs < probationMs) {
      this.#probation = { sinceMs, leastMs, mostMs };
    } else {
      this.#probation = null;
      this.#restart(ptsMs, nowMs);
    }
    return 0;
  }

  #restart(ptsMs: number, nowMs: number): 0 {
    this.#leastMs = nowMs - ptsMs;
    this.#leastBeforeMs = Infinity;
    this.#spanSinceMs = nowMs;
    this.#newestPtsMs = ptsMs;
    this.#lateMs = 0;
    this.#late = null;
    return 0;
  }
}
