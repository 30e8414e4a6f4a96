import type { Detection } from "../frame/analysis.ts";
import { assign } from "./assign.ts";
import { BoxFilter } from "./box_filter.ts";
import { refuseUnknown } from "./check_options.ts";
import { iou } from "./iou.ts";

/** How {@link createTracker} decides. Confidences and IoU are 0…1. */
export interface TrackerOptions {
  /** From here on a detection is trusted: it is matched first. @default {0.4} */
  readonly highConfidence?: number;
  /**
   * From here on a detection may still continue a track that nothing else continues (most often:
   * the object is half hidden). So let the detector report down to here. @default {0.1}
   */
  readonly lowConfidence?: number;
  /** From here on a detection that belongs to no track begins one. @default {0.5} */
  readonly newConfidence?: number;
  /**
   * How long an object may be unseen and keep its number, in milliseconds of the stream's clock.
   * Must be above the time between frames. @default {2000}
   */
  readonly lostBufferMs?: number;
  /**
   * How often in succession an object must be seen before it is reported; 1 reports at once, and
   * every false alarm too. @default {3}
   */
  readonly minHits?: number;
  /** Let a track keep to one `labelId`; false lets its class change. @default {true} */
  readonly perClass?: boolean;
}

/** A detection, and the number of the object that it shows. */
export type Tracked<D extends Detection = Detection> = D & {
  /** From 1, counted up by each tracker, never given twice. */
  readonly trackId: number;
};

/** Follows objects from frame to frame. Belongs to one stream. */
export interface Tracker {
  /**
   * Takes the detections of the next frame and returns those that show a confirmed object, in the
   * same order, each as a copy with its `trackId`. Give it every frame, also one without
   * detections. Detections that are not finite belong to no track.
   *
   * `ptsMs` is the frame's own; a clock that goes back has started again, and so does the tracker
   * (but for the numbers).
   *
   * @throws {RangeError} when `ptsMs` is not finite.
   */
  update<D extends Detection>(detections: readonly D[], ptsMs: number): Tracked<D>[];
}

const defaults = {
  highConfidence: 0.4,
  lowConfidence: 0.1,
  newConfidence: 0.5,
  lostBufferMs: 2000,
  minHits: 3,
  perClass: true,
} satisfies TrackerOptions;

/** Least IoU at which a track and a detection may be the same, by stage; ByteTrack's own. */
const leastIou = { trusted: 0.2, doubtful: 0.5, unconfirmed: 0.3 } as const;

/** An object that overlaps too little is still the same within so many variances (95 % of 3 normal ones). */
const mostDistance = 8;
/** … and so many box sizes: what is not known well may be anywhere, and newcomers would be taken for it. */
const mostSizes = 0.5;

/** An object that was seen at least once. */
interface Track {
  /** 0 until it is confirmed. */
  id: number;
  labelId: number;
  readonly filter: BoxFilter;
  hits: number;
  seenAtMs: number;
  /** Number of the update that saw it last; time stamps may repeat. */
  seenIn: number;
}

/**
 * Makes a multi-object tracker: ByteTrack (Zhang et al., 2022) with times in milliseconds, so that
 * dropped frames and any frame rate do no harm.
 *
 * Each track predicts its box with a Kalman filter. Trusted detections are matched with tracks
 * first, then doubtful ones with the tracks left over that were seen in the frame before; both so
 * that the overlaps add up to the most. A trusted detection that is left continues a track of its
 * class that has strayed a little while it was hidden, or else begins a new one.
 *
 * ```ts
 * import { createTracker } from "./mod.ts";
 *
 * const tracker = createTracker({ minHits: 2 }); // in the factory: one for each stream
 *
 * // In postprocess, with the detections of the frame and its ptsMs; here, two frames of a car:
 * const car = { label: "car", labelId: 2, confidence: 0.9 };
 * const first = tracker.update([{ ...car, box: { x: 0.1, y: 0.5, width: 0.2, height: 0.2 } }], 0);
 * const next = tracker.update([{ ...car, box: { x: 0.12, y: 0.5, width: 0.2, height: 0.2 } }], 40);
 * if (first.length !== 0 || next[0]?.trackId !== 1) throw new Error("confirmed when seen twice");
 * ```
 *
 * @throws {TypeError | RangeError} naming the option that is out of its bounds.
 */
export function createTracker(options: TrackerOptions = {}): Tracker {
  const settings = { ...defaults, ...options };
  refuseUnknown("make a tracker", options, Object.keys(defaults));
  check(settings);
  const { highConfidence, lowConfidence, newConfidence, lostBufferMs, minHits } = settings;
  let tracks: Track[] = [];
  let updates = 0;
  let lastId = 0;
  let lastPtsMs = -Infinity;

  return {
    update: function updateTracks(detections, ptsMs) {
      if (!Number.isFinite(ptsMs)) {
        throw new RangeError(`Cannot track: ptsMs is ${ptsMs}, allowed is a finite number`);
      }
      predict(ptsMs);
      const trusted: Detection[] = [];
      const doubtful: Detection[] = [];
      for (const detection of detections) {
        if (!isFinite(detection) || detection.confidence < lowConfidence) continue;
        (detection.confidence >= highConfidence ? trusted : doubtful).push(detection);
      }

      const confirmed = tracks.filter(({ id }) => id > 0);
      const justSeen = confirmed.filter(({ seenIn }) => seenIn === updates - 1);
      const shown = new Map<Detection, Track>();
      match(confirmed, trusted, shown, overlapping(leastIou.trusted, true));
      match(justSeen, doubtful, shown, overlapping(leastIou.doubtful, false));
      match(confirmed, trusted, shown, nearby);
      // Of those that are confirmed none is left that overlaps so much.
      match(tracks, trusted, shown, overlapping(leastIou.unconfirmed, true));
      for (const detection of trusted) {
        if (shown.has(detection) || detection.confidence < newConfidence) continue;
        shown.set(detection, begin(detection));
      }

      for (const [{ labelId }, track] of shown) {
        Object.assign(track, { labelId, seenAtMs: ptsMs, seenIn: updates, hits: track.hits + 1 });
        if (track.id === 0 && track.hits >= minHits) track.id = ++lastId;
      }
      // One that is not confirmed yet must not miss a frame.
      tracks = tracks.filter(({ id, seenIn }) => id > 0 || seenIn === updates);
      return detections.flatMap((detection) => {
        const { id: trackId } = shown.get(detection) ?? { id: 0 };
        return trackId > 0 ? [{ ...detection, trackId }] : [];
      });
    },
  };

  function predict(ptsMs: number): void {
    if (ptsMs < lastPtsMs) tracks = [];
    tracks = tracks.filter(({ seenAtMs }) => ptsMs - seenAtMs <= lostBufferMs);
    for (const { filter, seenIn } of tracks) {
      if (seenIn !== updates) filter.holdSize();
      filter.predict((ptsMs - lastPtsMs) / 1000);
    }
    lastPtsMs = ptsMs;
    updates++;
  }

  /** Pairs the tracks and the detections that have no partner yet, and corrects the filters. */
  function match(
    among: readonly Track[],
    detections: readonly Detection[],
    shown: Map<Detection, Track>,
    gainOf: (track: Track, detection: Detection) => number,
  ): void {
    const taken = new Set(shown.values());
    const open = among.filter((track) => !taken.has(track));
    const left = detections.filter((detection) => !shown.has(detection));
    const costs = open.flatMap((track) => left.map((detection) => -gainOf(track, detection)));
    assign(costs, open.length, left.length, 0).forEach((column, row) => {
      if (column < 0) return;
      const track = open[row]!;
      track.filter.update(left[column]!.box);
      shown.set(left[column]!, track);
    });
  }

  /** What a pair gains by its overlap above the least. */
  function overlapping(least: number, weighed: boolean) {
    return ({ filter: { box }, labelId }: Track, detection: Detection): number => {
      if (settings.perClass && detection.labelId !== labelId) return 0;
      return iou(box, detection.box) * (weighed ? detection.confidence : 1) - least;
    };
  }

  function begin({ labelId, box }: Detection): Track {
    const filter = new BoxFilter(box);
    const track = { id: 0, labelId, filter, hits: 0, seenAtMs: lastPtsMs, seenIn: updates };
    tracks.push(track);
    return track;
  }
}

/** What a pair gains by lying close; 0 where it cannot be the same. */
function nearby({ filter, labelId }: Track, { labelId: otherId, box: other }: Detection): number {
  const { box } = filter;
  const reach = mostSizes * Math.max(box.width, box.height);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const isNear = labelId === otherId && Math.abs(other.x + other.width / 2 - x) <= reach &&
    Math.abs(other.y + other.height / 2 - y) <= reach;
  return isNear ? mostDistance - filter.distance(other) : 0;
}

function isFinite({ confidence, box }: Detection): boolean {
  return [confidence, box.x, box.y, box.width, box.height].every(Number.isFinite);
}

function check(settings: Required<TrackerOptions>): void {
  const refuse = (key: keyof TrackerOptions, allowed: string) =>
    new RangeError(`Cannot make a tracker: ${key} is ${settings[key]}, allowed is ${allowed}`);
  for (const key of ["highConfidence", "lowConfidence", "newConfidence"] as const) {
    if (!(settings[key] >= 0 && settings[key] <= 1)) throw refuse(key, "0 to 1");
  }
  if (!(settings.lostBufferMs >= 0)) throw refuse("lostBufferMs", "a number from 0");
  if (!Number.isInteger(settings.minHits) || settings.minHits < 1) {
    throw refuse("minHits", "a whole number from 1");
  }
}
