import type { AnalysisEvent } from "../frame/analysis.ts";
import { checkAnchor, checkPoints, refuseUnknown } from "./check_options.ts";
import { type Anchor, anchorPoint, type Point } from "./point.ts";
import { pointInPolygon } from "./point_in_polygon.ts";
import type { Tracked } from "./tracker.ts";

/** What a zone is and when it speaks. Times are milliseconds of the stream's clock. */
export interface ZoneOptions {
  /** What the zone is called in its events. */
  readonly name: string;
  /** Corners of the zone, at least three; fractions of the picture. */
  readonly polygon: readonly Point[];
  /** Which point of a box must be inside. @default {"bottom"} */
  readonly anchor?: Anchor;
  /** How long an object must be seen inside before it has entered. @default {200} */
  readonly enterAfterMs?: number;
  /** How long it must be outside, or unseen, before it has left. @default {1000} */
  readonly leaveAfterMs?: number;
  /** Report an object once when it has stayed this long. @default {never} */
  readonly dwellMs?: number;
}

/** A zone of one stream, and who is in it. */
export interface Zone {
  /**
   * Takes the tracks of the next frame and returns what happened. Give it every frame, also one
   * without tracks.
   *
   * | `type` | when | keys beside `zone`, `track_id`, `label` |
   * | --- | --- | --- |
   * | `zone_entered` | seen inside for `enterAfterMs` | |
   * | `zone_dwelled` | stayed for `dwellMs`, once a stay | `dwell_ms` |
   * | `zone_left` | outside or unseen for `leaveAfterMs` | `dwell_ms` |
   *
   * `dwell_ms` counts from when it was first to when it was last seen inside. Each `zone_entered`
   * is followed by one `zone_left`: a clock that goes back has started again, and what was inside
   * leaves.
   */
  update(tracks: readonly Tracked[], ptsMs: number): AnalysisEvent[];
  /** Ends all stays now, as at the end of the stream: the `zone_left` that are due. */
  clear(): AnalysisEvent[];
  /** Numbers of the objects that have entered and not left. */
  readonly inside: ReadonlySet<number>;
}

const defaults = {
  anchor: "bottom",
  enterAfterMs: 200,
  leaveAfterMs: 1000,
  dwellMs: Infinity,
} satisfies Partial<ZoneOptions>;

/** One object's stay, from its first sighting inside. */
interface Stay {
  readonly sinceMs: number;
  lastMs: number;
  label: string;
  entered: boolean;
  dwelled: boolean;
}

/**
 * Makes a zone that reports what enters, stays and leaves. It waits a little before it believes either,
 * so that a box that trembles on the edge, or is missed for a moment, is one stay and not twenty.
 *
 * ```ts
 * import { createZone } from "./mod.ts";
 *
 * const polygon = [[0, 0.5], [1, 0.5], [1, 1], [0, 1]] as const;
 * const zone = createZone({ name: "yard", polygon, enterAfterMs: 0, dwellMs: 5000 });
 *
 * // In postprocess: return { detections: tracks, events: zone.update(tracks, frame.ptsMs) };
 * const box = { x: 0.4, y: 0.4, width: 0.1, height: 0.3 };
 * const tracks = [{ trackId: 7, label: "person", labelId: 0, confidence: 0.9, box }];
 * const [event] = zone.update(tracks, 0);
 * const expected = { type: "zone_entered", zone: "yard", track_id: 7, label: "person" };
 * if (JSON.stringify(event) !== JSON.stringify(expected)) throw new Error("not entered");
 * ```
 *
 * @throws {TypeError | RangeError} naming the option that is out of its bounds.
 */
export function createZone(options: ZoneOptions): Zone {
  const settings = { ...defaults, ...options };
  check(settings);
  const { name, polygon, anchor, enterAfterMs, leaveAfterMs, dwellMs } = settings;
  const stays = new Map<number, Stay>();
  const inside = new Set<number>();
  let lastPtsMs = -Infinity;

  return {
    inside,
    clear,
    update: function updateZone(tracks, ptsMs) {
      const events = ptsMs < lastPtsMs ? clear() : [];
      lastPtsMs = ptsMs;
      for (const track of tracks) {
        if (pointInPolygon(anchorPoint(track.box, anchor), polygon)) see(track, ptsMs, events);
      }
      for (const [trackId, stay] of stays) {
        const absentMs = ptsMs - stay.lastMs;
        if (!stay.entered && absentMs > 0) stays.delete(trackId);
        if (!stay.entered || absentMs === 0 || absentMs < leaveAfterMs) continue;
        stays.delete(trackId);
        inside.delete(trackId);
        events.push(left(trackId, stay));
      }
      return events;
    },
  };

  function see({ trackId, label }: Tracked, ptsMs: number, events: AnalysisEvent[]): void {
    const known = stays.get(trackId);
    const stay = known ??
      { sinceMs: ptsMs, lastMs: ptsMs, label, entered: false, dwelled: false };
    if (!known) stays.set(trackId, stay);
    Object.assign(stay, { lastMs: ptsMs, label });
    if (!stay.entered && ptsMs - stay.sinceMs >= enterAfterMs) {
      stay.entered = true;
      inside.add(trackId);
      events.push(report("zone_entered", trackId, stay));
    }
    if (stay.entered && !stay.dwelled && ptsMs - stay.sinceMs >= dwellMs) {
      stay.dwelled = true;
      events.push(report("zone_dwelled", trackId, stay, { dwell_ms: dwellOf(stay) }));
    }
  }

  function report(type: string, trackId: number, { label }: Stay, more = {}): AnalysisEvent {
    return { type, zone: name, track_id: trackId, label, ...more };
  }

  function left(trackId: number, stay: Stay): AnalysisEvent {
    return report("zone_left", trackId, stay, { dwell_ms: dwellOf(stay) });
  }

  function clear(): AnalysisEvent[] {
    const entered = [...stays].filter(([, stay]) => stay.entered);
    stays.clear();
    inside.clear();
    return entered.map(([trackId, stay]) => left(trackId, stay));
  }
}

function dwellOf({ sinceMs, lastMs }: Stay): number {
  return Math.round(lastMs - sinceMs);
}

const keys = ["name", "polygon", "anchor", "enterAfterMs", "leaveAfterMs", "dwellMs"];

function check(settings: ZoneOptions & Pick<Required<ZoneOptions>, "anchor">): void {
  const what = `make zone ${settings.name}`;
  refuseUnknown(what, settings, keys);
  checkPoints(what, "polygon", settings.polygon);
  checkAnchor(what, settings.anchor);
  const where = `Cannot ${what}`;
  if (settings.polygon.length < 3) {
    throw new RangeError(`${where}: polygon has ${settings.polygon.length} corners, it needs 3`);
  }
  if (!settings.polygon.flat().every(Number.isFinite)) {
    throw new RangeError(`${where}: polygon has a corner that is not finite`);
  }
  for (const key of ["enterAfterMs", "leaveAfterMs", "dwellMs"] as const) {
    const value = settings[key]!;
    if (!(value >= 0)) {
      throw new RangeError(`${where}: ${key} is ${value}, allowed is a number from 0`);
    }
  }
}
