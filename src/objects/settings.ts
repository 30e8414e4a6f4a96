/** What is followed in the picture, and where: settings of a stream, all of them optional. */

import { z } from "zod";
import { complete, structured, table, toggle, type ValuesOf } from "../settings/setting.ts";

const hourMs = 3_600_000;
const shareError = { error: "must be a number from 0 to 1" };
const share = z.number(shareError).min(0, shareError).max(1, shareError);
const point = z.tuple([share, share]);
const polygon = z.array(point).min(3, { error: "must have three corners at least" })
  .refine(hasArea, "must have an area: its corners lie on one line");
const label = z.string().min(1).max(256);
const labels = z.array(label).min(1);
const name = z.string().regex(
  /^[\p{L}\p{N} ._-]{1,64}$/u,
  "must be 1 to 64 letters, digits, spaces, dots, dashes or underscores",
);
const msError = { error: `must be whole milliseconds from 0 to ${hourMs}` };
const ms = z.int(msError).min(0, msError).max(hourMs, msError);
const framesError = { error: "must be a whole number from 1 to 1000" };
const anchor = z.enum(["bottom", "center"]);

const zone = z.strictObject({
  name,
  polygon,
  labels: labels.optional(),
  anchor: anchor.default("bottom"),
  enter_after_ms: ms.default(200),
  leave_after_ms: ms.default(1000),
  dwell_ms: ms.optional(),
});

const line = z.strictObject({
  name,
  points: z.tuple([point, point])
    .refine(([[x, y], [toX, toY]]) => x !== toX || y !== toY, "must have two points that differ"),
  labels: labels.optional(),
  anchor: anchor.default("bottom"),
  /** Only crossings to this side; absent = both. */
  direction: z.enum(["left", "right"]).optional(),
});

/** In which nothing counts; hidden as well, it is black wherever people see the picture. */
const mask = z.union([polygon, z.strictObject({ polygon, hide: z.boolean().default(false) })], {
  error: "must be a polygon, or a block with polygon and hide",
});

const objects = z.strictObject({
  labels: labels.optional(),
  min_confidence: share.default(0.5),
  min_frames: z.int(framesError).min(1, framesError).max(1000, framesError).default(3),
  min_ms: ms.default(0),
  lost_after_ms: ms.min(1, { error: "must be above 0" }).default(2000),
  stationary_after_ms: ms.default(10_000),
  update_every_ms: ms.default(5000),
  masks: z.array(mask).default([]),
});

/** A zone of a stream, complete. */
export type ZoneConfig = z.output<typeof zone>;
/** A line of a stream, complete. */
export type LineConfig = z.output<typeof line>;
/** Where nothing counts. */
export type MaskConfig = z.output<typeof mask>;
/** Which objects are told, complete. */
export type ObjectsConfig = z.output<typeof objects>;

/** What holds where `objects` is not set. */
export const objectDefaults: ObjectsConfig = objects.parse({});

const unique = (list: readonly { readonly name: string }[]) =>
  new Set(list.map(({ name }) => name)).size === list.length;
const twice = "must have names that differ";

/** The rows, in the order of the help. */
export const sceneSettings = table({ group: "Events" }, {
  track: toggle({
    more: "numbers in records, and events, see [docs/events.md](docs/events.md)",
    help: "follow objects and tell when they come and go; zones, lines and objects imply it",
  }),
  zones: structured(
    "a list of zones, each with name and polygon",
    z.array(zone).refine(unique, twice),
    {
      value: "JSON",
      unset: "none",
      help: "zones of the picture, and events of who enters; see docs/events.md",
    },
  ),
  lines: structured(
    "a list of lines, each with name and points",
    z.array(line).refine(unique, twice),
    {
      value: "JSON",
      unset: "none",
      help: "lines, and events of who crosses them; see docs/events.md",
    },
  ),
  objects: structured("a block of settings", objects, {
    value: "JSON",
    unset: "all that the use case finds",
    help: "which objects are told, and when; see docs/events.md",
  }),
});

/** As far as they were given and right. */
export type SceneValues = ValuesOf<typeof sceneSettings>;

/** What is followed in the picture, and where. */
export interface SceneConfig {
  readonly objects: ObjectsConfig;
  readonly zones: readonly ZoneConfig[];
  readonly lines: readonly LineConfig[];
}

/** Complete settings; null where nothing is followed, since zones and the like mean nothing then. */
export function sceneConfig(values: SceneValues): SceneConfig | null {
  const { track, objects, zones, lines } = complete(sceneSettings, values);
  if (!track && objects === null && !zones?.length && !lines?.length) return null;
  return { objects: objects ?? objectDefaults, zones: zones ?? [], lines: lines ?? [] };
}

/** Whether anything can be in a polygon; one that crosses itself has an area as well. */
function hasArea([[x0, y0] = [0, 0], ...others]: readonly (readonly [number, number])[]): boolean {
  const [dx, dy] = others.map(([x, y]) => [x - x0, y - y0] as const)
    .reduce((a, b) => Math.hypot(...b) > Math.hypot(...a) ? b : a, [0, 0] as const);
  return others.some(([x, y]) => Math.abs(dx * (y - y0) - dy * (x - x0)) > 1e-9);
}
