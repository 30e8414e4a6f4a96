/**
 * Sees whether something moves; as a gate, spares a detector all frames in which nothing does.
 *
 * Model: none (`--no_model`). With `gate: true` that of the detector that it spares
 * (`person_vehicle_bike` unless the option `detector` says otherwise): frames without motion are
 * skipped before they are sent. Before a plugin of your own, the whole plugin is three lines:
 *
 * ```ts ignore
 * import { motionGate } from "./motion.ts";
 * import myDetector from "./my_detector.ts";
 * export default motionGate(myDetector);
 * ```
 *
 * Each picture is compared, in cells of about a hundredth of its width, with a background that
 * slowly becomes like it. A change of the light, which all cells share, is no motion.
 *
 * Output: events `motion_started` (`score`) and `motion_stopped` (`duration_ms`); `data.moving`,
 * `data.score` (share of the picture that moves, 0…1) and `data.regions` (boxes, the largest first);
 * the regions' outlines as annotations. As a gate: the detector's own, and `motion_started`.
 *
 * @module
 */

import type { AnalysisEvent, UseCase, UseCaseContext, UseCaseFactory } from "../src/mod.ts";
import { Background } from "./motion/background.ts";
import { brightness } from "./motion/brightness.ts";
import { regionsOf } from "./motion/regions.ts";
import { type DetectorChoice, detectorRule, overShipped } from "./parts/detectors.ts";
import {
  anyObject,
  fraction,
  numberBetween,
  onOff,
  readOptions,
  wholeBetween,
} from "./parts/options.ts";
import { type AnyFactory, rest } from "./parts/over_detector.ts";

/** What `--use_case_options` may set of a gate. */
export interface GateOptions {
  /** Share of the picture that must move; 0…1. @default {0.002} */
  readonly threshold?: number;
  /** How much a cell must differ from the background, of 255. @default {20} */
  readonly contrast?: number;
  /** How fast the background becomes like the picture, in milliseconds. @default {10000} */
  readonly adaptMs?: number;
  /** Motion lasts so long beyond the last that was seen, in milliseconds. @default {2000} */
  readonly holdMs?: number;
  /** For the detector. */
  readonly detectorOptions?: object;
}

/** What `--use_case_options` may set. */
export interface Options extends GateOptions, DetectorChoice {
  /** Stand before a detector. @default {false} */
  readonly gate?: boolean;
}

const defaults = {
  threshold: 0.002,
  contrast: 20,
  adaptMs: 10_000,
  holdMs: 2000,
} satisfies GateOptions;

const rules = {
  threshold: fraction,
  contrast: wholeBetween(1, 255),
  adaptMs: numberBetween(1, 3_600_000),
  holdMs: numberBetween(0, 3_600_000),
  detectorOptions: anyObject,
};

/** Small enough to cost nothing, large enough for a person at the far end of a yard. */
const grid = { width: 160, height: 90 };

/** Makes a plugin that asks another one only while something moves. */
export function motionGate(useCase: AnyFactory): UseCaseFactory<GateOptions | undefined> {
  return async function makeMotionGate(options, context) {
    const settings = readOptions<GateOptions, typeof defaults>(options, defaults, rules);
    if (context.model.inputs.length === 0) {
      throw new TypeError("motion with gate: true is for a model, there is none");
    }
    const inner = await useCase(settings.detectorOptions as never, context);
    const watch = new MotionWatch(settings);
    /** Events of frames on their way through the model. */
    const waiting = new Map<number, AnalysisEvent[]>();
    return {
      ...rest(inner),
      preprocess: function skipStill(frame) {
        const { moving, events } = watch.see(brightness(frame, grid), frame.ptsMs);
        // It cannot report that motion stopped: frames in which nothing moves have no analysis.
        const started = events.filter(({ type }) => type === "motion_started");
        if (started.length > 0) waiting.set(frame.sequence, started);
        if (!moving) return null;
        return inner.preprocess ? inner.preprocess(frame) : context.pack(frame);
      },
      postprocess: async function reportMotion(outputs, frame) {
        const analysis = await inner.postprocess(outputs, frame);
        // Also those of frames before it, whose request failed.
        const events = [...waiting].flatMap(([sequence, events]) => {
          if (sequence > frame.sequence) return [];
          waiting.delete(sequence);
          return events;
        });
        return { ...analysis, events: [...analysis.events ?? [], ...events] };
      },
    };
  };
}

/** Sees motion without a model. */
function seeMotion(options: GateOptions, context: UseCaseContext): UseCase {
  if (context.model.inputs.length > 0) {
    throw new TypeError("motion needs no model: run it with --no_model, or with gate: true");
  }
  const settings = { ...defaults, ...options };
  const watch = new MotionWatch(settings);
  return {
    input: { ...grid, channels: "gray" },
    preprocess: (frame) => ({
      picture: {
        datatype: "UINT8",
        shape: [grid.height, grid.width],
        data: brightness(frame, grid),
      },
    }),
    postprocess: function describeMotion(outputs, { ptsMs, contentRect }) {
      const { moving, score, events, cells } = watch.see(
        outputs["picture"]!.data as Uint8Array,
        ptsMs,
      );
      const { boxes: regions, annotations } = regionsOf(cells, grid, contentRect);
      return { events, annotations, data: { moving, score: rounded(score), regions } };
    },
  };
}

/** What one picture showed. */
interface Sight {
  /** Something moves, or did a moment ago. */
  readonly moving: boolean;
  /** Share of the cells that move. */
  readonly score: number;
  readonly events: AnalysisEvent[];
  /** 1 for each cell that moves. */
  readonly cells: Uint8Array;
}

/** Tells when motion starts and stops. */
class MotionWatch {
  readonly #settings: Required<Omit<GateOptions, "detectorOptions">>;
  readonly #background: Background;
  #startedAtMs: number | null = null;
  #seenAtMs = -Infinity;
  #lastPtsMs = -Infinity;

  constructor(settings: Required<Omit<GateOptions, "detectorOptions">>) {
    this.#settings = settings;
    this.#background = new Background(settings);
  }

  see(picture: Uint8Array, ptsMs: number): Sight {
    // A clock that goes back has started again, perhaps with another scene.
    if (ptsMs < this.#lastPtsMs) {
      this.#background.forget();
      // What moves goes on as if it had begun now, on the new clock.
      this.#seenAtMs = -Infinity;
      if (this.#startedAtMs !== null) this.#startedAtMs = this.#seenAtMs = ptsMs;
    }
    this.#lastPtsMs = ptsMs;
    const cells = this.#background.compare(picture, ptsMs);
    const score = cells.reduce((sum, cell) => sum + cell, 0) / cells.length;
    if (score > 0 && score >= this.#settings.threshold) this.#seenAtMs = ptsMs;
    const moving = ptsMs - this.#seenAtMs <= this.#settings.holdMs;
    const events: AnalysisEvent[] = [];
    if (moving && this.#startedAtMs === null) {
      this.#startedAtMs = ptsMs;
      events.push({ type: "motion_started", score: rounded(score) });
    } else if (!moving && this.#startedAtMs !== null) {
      const durationMs = Math.round(this.#seenAtMs - this.#startedAtMs);
      this.#startedAtMs = null;
      events.push({ type: "motion_stopped", duration_ms: durationMs });
    }
    return { moving, score, events, cells };
  }
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}

/** The plugin: motion by itself, or before a shipped detector. */
const motion: UseCaseFactory<Options | undefined> = (options, context) => {
  const { gate = false, detector, ...others } = readOptions<Options, Options>(options, {}, {
    ...rules,
    gate: onOff,
    detector: detectorRule,
  });
  if (!gate) return seeMotion(others, context);
  return gateShipped({ ...others, ...(detector && { detector }) }, context);
};

// A gate changes no confidences: the detector's own threshold stays.
const gateShipped = overShipped(motionGate, {});

export default motion;
