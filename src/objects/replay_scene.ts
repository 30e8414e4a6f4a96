/** What zones and lines would have counted, of the ways that objects took and the log keeps. */

import type { SightlineEvent } from "../events/event.ts";
import { createLine } from "../helpers/line.ts";
import { pointInPolygon } from "../helpers/point_in_polygon.ts";
import type { Tracked } from "../helpers/tracker.ts";
import { createZone } from "../helpers/zone.ts";
import { polygonOf } from "./hide_masks.ts";
import type { SceneConfig } from "./settings.ts";

/** What became of one object's way, and of all of them together. */
export interface SceneCounts {
  /** Objects whose ways are known. */
  objects: number;
  /** Of those, objects that a mask hides, or whose label is not followed. */
  ignored: number;
  /** By the zone's name. */
  readonly zones: Record<string, { entered: number; dwelled: number }>;
  /** By the line's name. */
  readonly lines: Record<string, { left: number; right: number }>;
}

/** Between two places on a way. Zones wait 200 ms by default, and a longer step would miss that. */
const stepMs = 100;
/** A parked car's hour is not followed step by step. */
const mostSteps = 300;

/** Counts of a scene, one object after the other; `add` takes an `object_ended`. */
export class SceneReplay {
  readonly counts: SceneCounts;
  readonly #config: SceneConfig;

  constructor(config: SceneConfig) {
    this.#config = config;
    this.counts = {
      objects: 0,
      ignored: 0,
      zones: Object.fromEntries(config.zones.map(({ name }) => [name, { entered: 0, dwelled: 0 }])),
      lines: Object.fromEntries(config.lines.map(({ name }) => [name, { left: 0, right: 0 }])),
    };
  }

  /** Follows the object along its way; an event without one counts for nothing. */
  add(event: SightlineEvent): void {
    const way = wayOf(event);
    if (way === null) return;
    const { objects, zones, lines } = this.#config;
    this.counts.objects++;
    const accepts = (labels: readonly string[] | undefined) => labels?.includes(way.label) ?? true;
    const masks = objects.masks.map(polygonOf);
    const tracks = steps(way).map(({ ms, track }) => ({
      ms,
      seen: masks.some((mask) => pointInPolygon(bottomOf(track), mask)) ? [] : [track],
    }));
    if (!accepts(objects.labels) || tracks.every(({ seen }) => seen.length === 0)) {
      this.counts.ignored++;
      return;
    }
    for (const config of zones) {
      if (!accepts(config.labels)) continue;
      const zone = createZone({
        name: config.name,
        polygon: config.polygon,
        anchor: config.anchor,
        enterAfterMs: config.enter_after_ms,
        leaveAfterMs: config.leave_after_ms,
        ...(config.dwell_ms !== undefined && { dwellMs: config.dwell_ms }),
      });
      const count = this.counts.zones[config.name]!;
      for (const { type } of tracks.flatMap(({ ms, seen }) => zone.update(seen, ms))) {
        if (type === "zone_entered") count.entered++;
        if (type === "zone_dwelled") count.dwelled++;
      }
    }
    for (const { name, points, anchor, labels, direction } of lines) {
      if (!accepts(labels)) continue;
      const line = createLine({ name, points, anchor });
      const count = this.counts.lines[name]!;
      for (const crossed of tracks.flatMap(({ ms, seen }) => line.update(seen, ms))) {
        const side = crossed["direction"] as "left" | "right";
        if (direction === undefined || direction === side) count[side]++;
      }
    }
  }
}

/** The way of one object. */
interface Way {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly points: readonly { readonly ms: number; readonly x: number; readonly y: number }[];
}

function wayOf({ object, data }: SightlineEvent): Way | null {
  const path = data?.["path"];
  if (object === undefined || !Array.isArray(path)) return null;
  const points = path.filter((point) =>
    [point?.ms, point?.x, point?.y].every(Number.isFinite)
  ) as Way["points"];
  const { width, height } = object.box;
  return points.length === 0 ? null : { label: object.label, width, height, points };
}

/** Where the object was at each moment; between two points it went straight. */
function steps({ label, width, height, points }: Way): { ms: number; track: Tracked }[] {
  const [first, last] = [points[0]!, points.at(-1)!];
  const step = Math.max(stepMs, (last.ms - first.ms) / mostSteps);
  const found: { ms: number; track: Tracked }[] = [];
  let next = 1;
  for (let ms = first.ms;; ms = Math.min(last.ms, ms + step)) {
    while (next < points.length - 1 && points[next]!.ms < ms) next++;
    const to = points[Math.min(next, points.length - 1)]!;
    const from = points[Math.max(0, next - 1)]!;
    const share = to.ms === from.ms ? 0 : Math.min(1, (ms - from.ms) / (to.ms - from.ms));
    const x = from.x + (to.x - from.x) * share - width / 2;
    const y = from.y + (to.y - from.y) * share - height / 2;
    const box = { x, y, width, height };
    found.push({ ms, track: { trackId: 1, label, labelId: 0, confidence: 1, box } });
    if (ms >= last.ms) return found;
  }
}

function bottomOf({ box: { x, y, width, height } }: Tracked): readonly [number, number] {
  return [x + width / 2, y + height];
}
