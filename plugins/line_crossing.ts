/**
 * Counts who crosses a line, by direction, over any detector.
 *
 * Model: that of the detector it is made over (`person_vehicle_bike` unless the option `detector`
 * says otherwise). Over a detector of your own, the whole plugin is three lines:
 *
 * ```ts ignore
 * import { lineCrossing } from "./line_crossing.ts";
 * import myDetector from "./my_detector.ts";
 * export default lineCrossing(myDetector);
 * ```
 *
 * Output: the detections of confirmed objects with their `track_id`; an event `line_crossed` (`line`,
 * `track_id`, `label`, `direction`) for each crossing; `data.lines` with the counts so far; the lines
 * and counts as annotations.
 *
 * @module
 */

import { type Annotation, createLine, type LineOptions, type UseCaseFactory } from "../src/mod.ts";
import { overShipped } from "./parts/detectors.ts";
import { readOptions, shapes } from "./parts/options.ts";
import type { AnyFactory } from "./parts/over_detector.ts";
import { overTracks, type TrackingOptions, trackingRules } from "./parts/over_tracks.ts";
import { colorOf } from "./parts/palette.ts";

/** What `--use_case_options` may set, beside `detector`. */
export interface Options extends TrackingOptions {
  /**
   * Lines in fractions of the picture, each with `name`, `points` (two of them) and, if wanted,
   * `directions`, `anchor` and `margin`.
   * @default {one across the middle, whose directions are "down" and "up"}
   */
  readonly lines?: readonly LineOptions[];
}

const defaults = {
  lines: [{
    name: "line",
    points: [[0, 0.5], [1, 0.5]],
    directions: { right: "down", left: "up" },
  }],
} satisfies Options;

/** Makes a plugin that counts what the detector finds. */
export function lineCrossing(detector: AnyFactory): UseCaseFactory<Options | undefined> {
  return async function makeLineCrossing(options, context) {
    const settings = readOptions<Options, typeof defaults>(options, defaults, {
      lines: shapes("points", 2, 2),
      ...trackingRules,
    });
    const lines = settings.lines.map((line) => ({ ...createLine(line), ...line }));
    return await overTracks(detector, settings, context, function countCrossings(tracks, ptsMs) {
      return {
        events: lines.flatMap((line) => line.update(tracks, ptsMs)),
        annotations: lines.flatMap(drawLine),
        data: { lines: Object.fromEntries(lines.map(({ name, counts }) => [name, { ...counts }])) },
      };
    });
  };
}

type CountedLine = LineOptions & Pick<ReturnType<typeof createLine>, "counts">;

function drawLine({ name, points, counts }: CountedLine, index: number): Annotation[] {
  const color = colorOf(index);
  const [[x, y]] = points;
  const parts = Object.entries(counts).map(([direction, count]) => `${direction} ${count}`);
  return [
    { kind: "polyline", points, color },
    { kind: "text", x, y, text: `${name}: ${parts.join(", ")}`, color },
  ];
}

export default overShipped(lineCrossing);
