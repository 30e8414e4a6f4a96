/** Sightline's clock as a page knows it, by what it asked and when the answer came. */

/** Two clocks part by less than this, in milliseconds for each millisecond. */
const drift = 5e-5;

/**
 * Holds by how much Sightline's clock is ahead between two bounds: an answer was given after it was
 * asked for, and before it came. Each is kept from the answer that narrows it most. So the quickest
 * way there and the quickest way back count, which seldom belong to the same answer: pictures that
 * fill the way back make answers late without making the clock wrong.
 */
export class ServerClock {
  /** At the least, and at the most, in milliseconds; each with when it was found. */
  #least = null;
  #most = null;

  /** Nothing is known any more: another Sightline may answer. */
  forget() {
    this.#least = this.#most = null;
  }

  /** It was asked at `sentMs`, Sightline's clock was `serverMs` then, and `nowMs` is now. */
  answered(sentMs, serverMs, nowMs) {
    const least = { aheadMs: serverMs - nowMs, atMs: nowMs };
    const most = { aheadMs: serverMs - sentMs, atMs: nowMs };
    const isKnown = this.#least !== null;
    // A clock that was set, or a machine that slept: what was known holds no longer.
    const isAnother = isKnown &&
      (most.aheadMs < this.#leastAt(nowMs) || least.aheadMs > this.#mostAt(nowMs));
    if (!isKnown || isAnother || least.aheadMs > this.#leastAt(nowMs)) this.#least = least;
    if (!isKnown || isAnother || most.aheadMs < this.#mostAt(nowMs)) this.#most = most;
  }

  /** Milliseconds since 1970 on Sightline's clock at `nowMs`; null as long as it is not known. */
  at(nowMs) {
    if (this.#least === null) return null;
    return nowMs + (this.#leastAt(nowMs) + this.#mostAt(nowMs)) / 2;
  }

  #leastAt(nowMs) {
    return this.#least.aheadMs - drift * (nowMs - this.#least.atMs);
  }

  #mostAt(nowMs) {
    return this.#most.aheadMs + drift * (nowMs - this.#most.atMs);
  }
}
