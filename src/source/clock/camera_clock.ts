/** One steady clock for all streams of a camera: a frame has the same time for each of them. */

import type { FrameInfo } from "../../frame/frame.ts";
import { SteadyClock } from "./steady_clock.ts";

/** What a source says of a frame's time. */
type Stamp = Pick<FrameInfo, "ptsMs" | "capturedAtMs">;

interface Stamped extends Stamp {
  readonly steadyMs: number;
}

/** Frames by which the readers of a camera may be apart. */
const mostRecent = 256;

/**
 * Each reader learns by itself when a frame was captured, and the first ones not alike; the next run of
 * a camera, whose stamps may begin anew, comes later than this.
 */
const sameFrameMs = 150;

/** Readers are less far apart than this; it is the machine's own clock that was set back by more. */
const setBackMs = 10_000;

/** Goes on over all runs of the source. */
export class CameraClock {
  #clock: SteadyClock | null = null;
  /** In the order in which they were captured. */
  readonly #recent: Stamped[] = [];

  /** Milliseconds for a frame; `live`: frames come at their own pace. */
  next({ ptsMs, capturedAtMs }: Stamp, live: boolean): number {
    const known = this.#recent.findLast((recent) =>
      recent.ptsMs === ptsMs && Math.abs(recent.capturedAtMs - capturedAtMs) < sameFrameMs
    );
    if (known !== undefined) return known.steadyMs;
    const newest = this.#recent.at(-1);
    if (newest !== undefined && newest.capturedAtMs - capturedAtMs > setBackMs) {
      this.#recent.length = 0;
      return this.#add(ptsMs, capturedAtMs, live);
    }
    if (newest !== undefined && capturedAtMs < newest.capturedAtMs) {
      // Another reader is ahead and left this one out: it stands where its neighbour says.
      const next = this.#recent.find((recent) => recent.capturedAtMs >= capturedAtMs)!;
      return next.steadyMs + ptsMs - next.ptsMs;
    }
    return this.#add(ptsMs, capturedAtMs, live);
  }

  #add(ptsMs: number, capturedAtMs: number, live: boolean): number {
    this.#clock ??= new SteadyClock(live);
    const steadyMs = this.#clock.next(ptsMs, capturedAtMs);
    this.#recent.push({ ptsMs, capturedAtMs, steadyMs });
    if (this.#recent.length > mostRecent) this.#recent.shift();
    return steadyMs;
  }
}
