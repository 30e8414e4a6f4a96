/** Settings of the pictures that events have. */

import { z } from "zod";
import { phrase } from "../settings/problem.ts";
import {
  complete,
  integer,
  parsedList,
  SettingError,
  structured,
  table,
  type ValuesOf,
} from "../settings/setting.ts";

/** Seconds of a clip at most, where nothing else is said. */
export const longestClipS = 120;

function parseType(text: string): string {
  if (!/^[\p{L}\p{N}._-]{1,64}$/u.test(text)) throw new SettingError();
  return text;
}

const seconds = (most: number) => {
  const error = `must be a number of seconds from 0 to ${most}`;
  return z.number({ error }).min(0, error).max(most, error);
};

const rowsError = "must be a whole number of rows from 144 to 4320";
const rows = z.int(rowsError).min(144, rowsError).max(4320, rowsError);

const clips = z.strictObject({
  types: z.array(z.string().min(1).max(64)).min(1).default(["object_started"]),
  before_s: seconds(120).default(5),
  after_s: seconds(120).default(5),
  max_s: seconds(3600).min(1, "must be 1 at least").default(longestClipS),
  hidden: z.enum(["refuse", "encode"], { error: "must be refuse or encode" }).default("refuse"),
  hidden_height: rows.default(720),
});

/** Which events have a clip, complete. */
export type ClipsConfig = z.output<typeof clips>;

/** How much of a camera's packets is kept, however many use cases look at it. */
export const ringSettings = table({ group: "Events" }, {
  ring_s: integer(0, 600, {
    value: "S",
    default: 10,
    help: phrase`with ${"data_dir"}: seconds of the camera's stream kept for pictures; 0 = none`,
  }),
  ring_mb: integer(1, 4096, {
    value: "MB",
    default: 32,
    help: phrase`with ${"data_dir"}: megabytes of it at most`,
  }),
});

/** Which events of a stream have pictures. */
export const mediaSettings = table({ group: "Events" }, {
  snapshots: parsedList("the type of an event, such as zone_entered, or none", parseType, {
    value: "TYPE",
    default: [
      "object_started",
      "object_updated",
      "object_ended",
      "zone_entered",
      "zone_dwelled",
      "line_crossed",
    ],
    more: "see [docs/events.md](docs/events.md#pictures)",
    help: phrase`with ${"data_dir"}: events that have a picture; may be repeated, none = no event`,
  }),
  clips: structured("a block of settings", clips, {
    value: "JSON",
    help:
      phrase`with ${"data_dir"}: events that have a clip, and from when to when; see docs/events.md`,
  }),
});

/** As far as they were given and right. */
export type RingValues = ValuesOf<typeof ringSettings>;
/** As far as they were given and right. */
export type MediaValues = ValuesOf<typeof mediaSettings>;

/** The last packets of a camera. */
export interface RingConfig {
  /** 0: none are kept, and events have no pictures. */
  readonly seconds: number;
  readonly megabytes: number;
}

/** Complete settings. */
export function ringConfig(values: RingValues): RingConfig {
  const { ringS: seconds, ringMb: megabytes } = complete(ringSettings, values);
  return { seconds, megabytes };
}

/** Which events have a picture or a clip, where a folder keeps events. */
export interface MediaConfig {
  /** Types of events that have one without asking for it. */
  readonly snapshots: readonly string[];
  /** Null: only those that ask for one have a clip. */
  readonly clips: ClipsConfig | null;
}

/** Complete settings. */
export function mediaConfig(values: MediaValues): MediaConfig {
  const { snapshots, clips } = complete(mediaSettings, values);
  return { snapshots: snapshots.filter((type) => type !== "none"), clips: clips ?? null };
}
