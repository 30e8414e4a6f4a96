/** A stream's time stamps made steady: they never go back, and never jump. */

/** A step that differs from the time that passed by more is no step but a clock that was set. */
const jumpMs = 500;

/** The steady clock stays this near to the time that passed, however wrong the stream's own runs. */
const nearMs = 500;

/** Where the clock stands. */
interface Reading {
  /** The steady time. */
  readonly steadyMs: number;
  /** When it was captured, on a monotonic clock. */
  readonly capturedMs: number;
}

/**
 * Goes on as the stream's time stamps do, exactly, wherever they go with the time that passes. A
 * stamp that jumps, by a second or by hours, counts as much as passed between the two captures; so
 * does what lies between one run of a camera and the next. A clock that drifts is followed until it
 * would be wrong by half a second.
 *
 * Of a file no time passes but its own, so that only steps back are bridged.
 */
export class SteadyClock {
  readonly #live: boolean;
  #last: Reading | null = null;
  /** The steady time less the stream's. */
  #shiftMs = 0;
  /** The last step forward, for a file. */
  #stepMs = 1;
  /** The steady time had the first stamp alone been right, less the time of capture. */
  #anchorMs = 0;

  /** `live`: frames come at their own pace, so that the time of capture says how far apart they are. */
  constructor(live: boolean) {
    this.#live = live;
  }

  /**
   * Milliseconds for the frame with this time stamp. `uptimeMs` is monotonic, such as
   * `performance.now()`, at the moment `nowMs` of the clock that `capturedAtMs` is of.
   */
  next(
    ptsMs: number,
    capturedAtMs: number,
    nowMs: number = Date.now(),
    uptimeMs: number = performance.now(),
  ): number {
    const last = this.#last;
    const capturedMs = Math.max(uptimeMs - (nowMs - capturedAtMs), last?.capturedMs ?? -Infinity);
    if (last === null) this.#anchorMs = ptsMs - capturedMs;
    const steadyMs = last === null ? ptsMs : this.#after(last, ptsMs, capturedMs);
    this.#last = { steadyMs, capturedMs };
    return steadyMs;
  }

  #after(last: Reading, ptsMs: number, capturedMs: number): number {
    const toldMs = ptsMs + this.#shiftMs;
    const stepMs = toldMs - last.steadyMs;
    let steadyMs = toldMs;
    if (this.#live) {
      const passedMs = capturedMs - last.capturedMs;
      if (Math.abs(stepMs - passedMs) > jumpMs) steadyMs = last.steadyMs + passedMs;
      const realMs = this.#anchorMs + capturedMs;
      steadyMs = Math.min(Math.max(steadyMs, realMs - nearMs), realMs + nearMs);
    } else if (stepMs < -jumpMs) {
      steadyMs = last.steadyMs + this.#stepMs;
    }
    this.#shiftMs += steadyMs - toldMs;
    if (stepMs > 0) this.#stepMs = Math.min(stepMs, jumpMs);
    return Math.max(steadyMs, last.steadyMs + 1);
  }
}
