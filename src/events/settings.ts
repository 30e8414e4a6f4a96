/** What is set for the event log. */

import { resolve } from "node:path";
import { z } from "zod";
import type { Needs } from "../settings/needs.ts";
import { path } from "../settings/paths.ts";
import { type Phrase, phrase } from "../settings/problem.ts";
import {
  complete,
  number,
  parsed,
  SettingError,
  structured,
  table,
  type ValuesOf,
} from "../settings/setting.ts";

/** The rows, in the order of the help. */
export const eventSettings = table({ group: "Events" }, {
  data_dir: path("the path of a directory", {
    value: "DIR",
    more: "see [docs/events.md](docs/events.md)",
    help: "keep events in this folder; without it the last 1,000 are kept in memory",
  }),
  keep_days: number(0.01, 36_500, {
    value: "N",
    default: 30,
    help: phrase`with ${"data_dir"}: remove events after so many days`,
  }),
  keep_days_by_label: structured(
    'days by label, each from 0.01 to 36500, such as {"person": 90}',
    z.record(z.string().min(1).max(256), z.number().min(0.01).max(36_500)),
    {
      value: "JSON",
      help: "the same for events of some labels, such as '{\"person\":90}'",
    },
  ),
  keep_gb: number(0.001, 1_000_000, {
    value: "N",
    unset: "however many there are",
    help: phrase`with ${"data_dir"}: remove the oldest events above so many gigabytes`,
  }),
  public_url: parsed("the http:// or https:// URL of the live view", parsePublicUrl, {
    value: "URL",
    help: "where people reach the live view, to which events that are sent link",
  }),
});

/** Without a slash at its end. */
function parsePublicUrl(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) throw new SettingError();
  return text.replace(/\/+$/, "");
}

/** As far as they were given and right. */
export type EventValues = ValuesOf<typeof eventSettings>;
/** Where events are kept, and for how long. */
export interface EventsConfig {
  /** Null: in memory, and not many. */
  readonly dataDir: string | null;
  readonly keepDays: number;
  /** Of events with these labels. @default {{}} */
  readonly keepDaysByLabel?: Readonly<Record<string, number>>;
  /** Null: however many there are. */
  readonly keepGb: number | null;
}

/** Complete settings. Each shard has a folder of its own, since one process writes into one. */
export function eventsConfig(
  values: EventValues,
  shard?: { readonly index: number; readonly count: number },
): EventsConfig {
  const { dataDir, keepDaysByLabel, publicUrl: _, ...keep } = complete(eventSettings, values);
  const folder = shard === undefined ? "" : `/shard-${shard.index}-of-${shard.count}`;
  return {
    dataDir: dataDir === null ? null : dataDir + folder,
    keepDaysByLabel: keepDaysByLabel ?? {},
    ...keep,
  };
}

/** Adds the permissions that keeping them takes. */
export function eventNeeds({ dataDir }: EventsConfig, needs: Needs): void {
  if (dataDir === null) return;
  needs.add("read", resolve(dataDir));
  needs.add("write", resolve(dataDir));
}

/** What is right and has no effect, a sentence each. */
export function eventNotices(values: EventValues): Phrase[] {
  if (values.data_dir !== undefined) return [];
  return (["keep_days", "keep_days_by_label", "keep_gb"] as const).filter((name) =>
    values[name] !== undefined
  )
    .map((name) => phrase`${name} has no effect without ${"data_dir"}`);
}
