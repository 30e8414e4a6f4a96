/** Lets something happen at most once in a while. */
export interface Cooldown {
  /**
   * True when `key` may happen now, which starts its pause; false while the pause lasts. `ptsMs` is
   * the frame's.
   */
  pass(key: string | number, ptsMs: number): boolean;
}

/**
 * Makes a cool-down: for each key at most one pass in `pauseMs` milliseconds of the stream's clock.
 *
 * ```ts
 * import { createCooldown } from "./mod.ts";
 *
 * const cooldown = createCooldown(10_000);
 *
 * // In postprocess: at most one event of a kind and label in ten seconds.
 * const events = [1, 2].map((id) => ({ type: "zone_entered", track_id: id, label: "person" }));
 * const reported = events.filter(({ type, label }) => cooldown.pass(`${type} ${label}`, 0));
 * if (reported.length !== 1) throw new Error("one is enough");
 * if (cooldown.pass("zone_entered person", 9999)) throw new Error("too soon");
 * if (!cooldown.pass("zone_entered person", 10_000)) throw new Error("long enough");
 * ```
 *
 * @throws {RangeError} when `pauseMs` is below 0 or NaN.
 */
export function createCooldown(pauseMs: number): Cooldown {
  if (!(pauseMs >= 0)) {
    throw new RangeError(
      `Cannot make a cool-down: pauseMs is ${pauseMs}, allowed is a number from 0`,
    );
  }
  /** In the order in which they passed: a key that passes again moves to the end. */
  const passedAtMs = new Map<string | number, number>();
  let lastPtsMs = -Infinity;

  return {
    pass: function passCooldown(key, ptsMs) {
      // A clock that goes back has started again.
      if (ptsMs < lastPtsMs) passedAtMs.clear();
      lastPtsMs = ptsMs;
      for (const [old, atMs] of passedAtMs) {
        if (ptsMs - atMs < pauseMs) break;
        passedAtMs.delete(old);
      }
      if (passedAtMs.has(key)) return false;
      passedAtMs.set(key, ptsMs);
      return true;
    },
  };
}
