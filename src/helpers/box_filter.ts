import type { Box } from "../frame/analysis.ts";

/**
 * How much a box is trusted, as rates, so that the time between frames may vary. A course is kept to
 * longer than with the weights of DeepSORT and ByteTrack: a box swings with each step of who walks,
 * and courses that swing with it change hands where people pass each other. In box heights (for the aspect ratio: in
 * itself), as standard deviations.
 */
const noise = {
  /** Of a measured position or height. */
  measured: 0.1,
  /** Of a measured aspect ratio. */
  measuredAspect: 0.1,
  /** Of a velocity that is not known yet, per second. */
  firstVelocity: 2,
  /** By which a position wanders off its course in a second. */
  drift: 0.1,
  /** By which a velocity changes in a second, per second. */
  acceleration: 0.3,
  /** By which an aspect ratio wanders in a second. */
  aspectDrift: 0.05,
};

/** Centre x, centre y, height, aspect ratio. */
const coordinates = 4;
const heightAt = 2;
const aspectAt = 3;

/** Numbers kept for a coordinate: value, velocity, and the three of their covariance. */
const stride = 5;

/** Keeps noise and ratios from reaching 0; a thousandth of a pixel at 1080p. */
const smallest = 1e-6;

/**
 * A Kalman filter with constant velocity over a box's centre, height and aspect ratio (width by
 * height).
 *
 * Noise is independent for each of the four, so the covariance of the textbook's 8×8 filter stays
 * in four blocks of 2×2: these are kept, and the result is the same.
 */
export class BoxFilter {
  readonly #state = new Float64Array(coordinates * stride);

  constructor(box: Box) {
    const height = Math.max(box.height, smallest);
    measure(box).forEach((value, coordinate) => {
      const aspect = coordinate === aspectAt;
      const scale = aspect ? value : height;
      this.#state.set([
        value,
        0,
        ((aspect ? noise.measuredAspect : noise.measured) * scale) ** 2,
        0,
        // An aspect ratio has no course of its own: its velocity is known to be 0.
        aspect ? 0 : (noise.firstVelocity * scale) ** 2,
      ], coordinate * stride);
    });
  }

  /** Moves on by some time; 0 changes nothing. */
  predict(seconds: number): void {
    const state = this.#state;
    const height = Math.max(state[heightAt * stride]!, smallest);
    for (let coordinate = 0; coordinate < coordinates; coordinate++) {
      const at = coordinate * stride;
      const aspect = coordinate === aspectAt;
      const scale = aspect ? Math.max(state[at]!, smallest) : height;
      const drift = ((aspect ? noise.aspectDrift : noise.drift) * scale) ** 2 * seconds;
      const acceleration = aspect ? 0 : (noise.acceleration * scale) ** 2 * seconds;
      const velocityVariance = state[at + 4]!;
      state[at]! += state[at + 1]! * seconds;
      state[at + 2]! += seconds * (2 * state[at + 3]! + seconds * velocityVariance) + drift +
        acceleration * seconds ** 2 / 3;
      state[at + 3]! += seconds * velocityVariance + acceleration * seconds / 2;
      state[at + 4]! += acceleration;
    }
  }

  /** Takes in a box that was measured at the time that was predicted for. */
  update(box: Box): void {
    const state = this.#state;
    const height = Math.max(box.height, smallest);
    measure(box).forEach((value, coordinate) => {
      const at = coordinate * stride;
      const deviation = coordinate === aspectAt
        ? noise.measuredAspect * value
        : noise.measured * height;
      const variance = state[at + 2]! + deviation ** 2;
      const gain = state[at + 2]! / variance;
      const velocityGain = state[at + 3]! / variance;
      const surprise = value - state[at]!;
      state[at]! += gain * surprise;
      state[at + 1]! += velocityGain * surprise;
      state[at + 4]! -= velocityGain * state[at + 3]!;
      state[at + 3]! *= 1 - gain;
      state[at + 2]! *= 1 - gain;
    });
  }

  /**
   * How unlikely a box is to be this one: the squares of its distances from the prediction in centre
   * and height, in standard deviations, summed up (Mahalanobis).
   */
  distance(box: Box): number {
    const state = this.#state;
    const deviation = noise.measured * Math.max(state[heightAt * stride]!, smallest);
    return measure(box).slice(0, aspectAt).reduce((sum, value, coordinate) => {
      const at = coordinate * stride;
      return sum + (value - state[at]!) ** 2 / (state[at + 2]! + deviation ** 2);
    }, 0);
  }

  /** Forgets that the box was growing or shrinking: unseen, it would vanish or fill the picture. */
  holdSize(): void {
    this.#state[heightAt * stride + 1] = 0;
  }

  /** Where the box is thought to be. */
  get box(): Box {
    const state = this.#state;
    const height = Math.max(state[heightAt * stride]!, smallest);
    const width = Math.max(state[aspectAt * stride]!, smallest) * height;
    return { x: state[0]! - width / 2, y: state[stride]! - height / 2, width, height };
  }

  /** Velocity of the centre, in pictures per second. */
  get velocity(): readonly [x: number, y: number] {
    return [this.#state[1]!, this.#state[stride + 1]!];
  }
}

function measure({ x, y, width, height }: Box): readonly number[] {
  const aspect = Math.max(width, smallest) / Math.max(height, smallest);
  return [x + width / 2, y + height / 2, Math.max(height, smallest), aspect];
}
