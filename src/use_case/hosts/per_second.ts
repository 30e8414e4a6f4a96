/** Counts occurrences within each second. */
export class PerSecond {
  #beganAtMs = 0;
  #count = 0;

  /** How many came within this second, with these. */
  add(count = 1): number {
    const nowMs = performance.now();
    if (nowMs - this.#beganAtMs >= 1000) {
      this.#beganAtMs = nowMs;
      this.#count = 0;
    }
    return this.#count += count;
  }

  /** Milliseconds until the next second begins. */
  get restMs(): number {
    return Math.max(0, this.#beganAtMs + 1000 - performance.now());
  }
}
