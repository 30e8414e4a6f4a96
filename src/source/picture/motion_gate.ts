/** Motion detection: whether anything moves in a frame. */

import type { MotionConfig } from "../settings.ts";

/** Size of the grey pictures that are compared, whatever the camera's shape. */
export const motionSize = { width: 64, height: 36 } as const;

/** A cell that differs by less, of 255, differs by the camera's noise. */
const contrast = 16;

/** How fast the background becomes like what is seen, in levels of 255 a second. */
const adaptPerSecond = 10;

/** What was seen once, in pictures that are far apart, is not taken for the background. */
const longestStepMs = 1000;

/**
 * Compares each picture with a background that slowly becomes like it, so that dusk is no motion and
 * what is parked is none after some seconds. A change of all cells at once is light, not motion.
 */
export class MotionGate {
  readonly #config: MotionConfig;
  #background: Float32Array | null = null;
  #ptsMs = 0;
  #movedAtMs = -Infinity;

  constructor(config: MotionConfig) {
    this.#config = config;
  }

  /**
   * Whether the frame with this grey picture is to pass. The first always is; so is the first after
   * the clock was set back, as the scene may be another.
   */
  passes(picture: Uint8Array, ptsMs: number): boolean {
    const background = this.#background;
    if (background === null || ptsMs < this.#ptsMs) {
      this.#background = Float32Array.from(picture);
      this.#ptsMs = ptsMs;
      this.#movedAtMs = -Infinity;
      return true;
    }
    const step = Math.min(ptsMs - this.#ptsMs, longestStepMs) / 1000 * adaptPerSecond;
    this.#ptsMs = ptsMs;
    const changed = compare(background, picture, step);
    if (changed > 0 && changed >= this.#config.threshold * background.length) {
      this.#movedAtMs = ptsMs;
    }
    return ptsMs - this.#movedAtMs <= this.#config.holdMs;
  }
}

/** Counts the cells that differ by more than light and noise, and lets the background adapt. */
function compare(background: Float32Array, picture: Uint8Array, step: number): number {
  const light = middleChange(background, picture);
  let changed = 0;
  for (let at = 0; at < background.length; at++) {
    const change = picture[at]! - background[at]! - light;
    if (Math.abs(change) >= contrast) changed++;
    // However much a cell differs: what passes by leaves no ghost behind.
    background[at]! += light + Math.min(step, Math.max(-step, change));
  }
  return changed;
}

/** How often each change was seen, from −255 to 255; kept, as it is needed for each picture. */
const counts = new Uint32Array(511);

/** The change that half of the cells exceed: that of the light, or of the camera's exposure. */
function middleChange(background: Float32Array, picture: Uint8Array): number {
  counts.fill(0);
  for (let at = 0; at < background.length; at++) {
    counts[255 + Math.round(picture[at]! - background[at]!)]!++;
  }
  let left = background.length / 2;
  return counts.findIndex((count) => (left -= count) <= 0) - 255;
}
