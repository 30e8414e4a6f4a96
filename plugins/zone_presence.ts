/**
 * Tells who is in a zone, who comes and goes, and how long they stay, over any detector.
 *
 * Model: that of the detector it is made over (`person_vehicle_bike` unless the option `detector`
 * says otherwise). Over a detector of your own, the whole plugin is three lines:
 *
 * ```ts ignore
 * import { zonePresence } from "./zone_presence.ts";
 * import myDetector from "./my_detector.ts";
 * export default zonePresence(myDetector);
 * ```
 *
 * Output: the detections of confirmed objects with their `track_id`; events `zone_entered`,
 * `zone_dwelled` and `zone_left` (`zone`, `track_id`, `label`, the last two with `dwell_ms`);
 * `data.zones` with `inside`, `entered`, `left` and `mean_dwell_ms` (of those who left; null before
 * the first did); the zones and how many are inside as annotations.
 *
 * @module
 */

import {
  type AnalysisEvent,
  type Annotation,
  createZone,
  type UseCaseFactory,
  type Zone,
  type ZoneOptions,
} from "../src/mod.ts";
import { overShipped } from "./parts/detectors.ts";
import { readOptions, shapes } from "./parts/options.ts";
import type { AnyFactory } from "./parts/over_detector.ts";
import { overTracks, type TrackingOptions, trackingRules } from "./parts/over_tracks.ts";
import { colorOf } from "./parts/palette.ts";

/** What `--use_case_options` may set, beside `detector`. */
export interface Options extends TrackingOptions {
  /**
   * Zones in fractions of the picture, each with `name`, `polygon` (three points or more) and, if
   * wanted, `anchor`, `enterAfterMs`, `leaveAfterMs` and `dwellMs`.
   * @default {one that is the whole picture}
   */
  readonly zones?: readonly ZoneOptions[];
}

const defaults = {
  zones: [{ name: "picture", polygon: [[0, 0], [1, 0], [1, 1], [0, 1]] }],
} satisfies Options;

/** Makes a plugin that tells where the detector's objects are. */
export function zonePresence(detector: AnyFactory): UseCaseFactory<Options | undefined> {
  return async function makeZonePresence(options, context) {
    const settings = readOptions<Options, typeof defaults>(options, defaults, {
      zones: shapes("polygon", 3, 1000),
      ...trackingRules,
    });
    const zones = settings.zones.map((zone) => new CountedZone(zone));
    return await overTracks(detector, settings, context, function watchZones(tracks, ptsMs) {
      return {
        events: zones.flatMap((zone) => zone.count(zone.zone.update(tracks, ptsMs))),
        annotations: zones.flatMap(drawZone),
        data: {
          zones: Object.fromEntries(zones.map((zone) => [zone.options.name, zone.figures])),
        },
      };
    });
  };
}

/** A zone, and what happened in it so far. */
class CountedZone {
  readonly zone: Zone;
  #entered = 0;
  #left = 0;
  #dwellMs = 0;

  constructor(readonly options: ZoneOptions) {
    this.zone = createZone(options);
  }

  /** Hands the events on. */
  count(events: AnalysisEvent[]): AnalysisEvent[] {
    for (const { type, dwell_ms } of events) {
      if (type === "zone_entered") this.#entered++;
      if (type !== "zone_left") continue;
      this.#left++;
      this.#dwellMs += Number(dwell_ms);
    }
    return events;
  }

  get figures() {
    return {
      inside: this.zone.inside.size,
      entered: this.#entered,
      left: this.#left,
      mean_dwell_ms: this.#left === 0 ? null : Math.round(this.#dwellMs / this.#left),
    };
  }
}

function drawZone({ options, zone }: CountedZone, index: number): Annotation[] {
  const color = colorOf(index);
  const [[x, y] = [0, 0]] = options.polygon;
  return [
    { kind: "polyline", points: options.polygon, closed: true, color },
    { kind: "text", x, y, text: `${options.name}: ${zone.inside.size} inside`, color },
  ];
}

export default overShipped(zonePresence);
