/** What the map of every destination may hold, whatever its kind. */

import { file } from "../settings/paths.ts";
import { durationAllowed, parseDuration } from "../settings/parse_duration.ts";
import {
  choice,
  integer,
  number,
  parsed,
  parsedList,
  SettingError,
  text,
  type ValuesOf,
} from "../settings/setting.ts";

const group = "Results and limits";

/** Several words, or one. */
function words(what: string, help: string) {
  return parsedList(`a list of ${what}`, (text) => {
    if (text === "") throw new SettingError();
    return text;
  }, { group, value: "NAME", help });
}

/** Filters, bounds and patience. */
export const commonSettings = {
  name: text("1 to 64 letters, digits, dashes or underscores", {
    group,
    value: "NAME",
    help: "what it is called in logs, metrics and pages, in place of its URL",
  }, /^[\p{L}\p{N}_-]{1,64}$/u),
  send: choice(["events", "records", "both"], {
    group,
    value: "WORD",
    help: "events, records (one for each frame), or both",
  }),
  types: words("types of events", "only events of these types"),
  labels: words("classes", "only events about these classes"),
  streams: words("streams", "only events of these streams"),
  zones: words("zones", "only events about these zones"),
  min_confidence: number(0, 1, {
    group,
    value: "SHARE",
    help: "only events about an object, of this confidence at least",
  }),
  every_ms: integer(0, 3_600_000, {
    group,
    value: "MS",
    help: "a record of each stream at most so often",
  }),
  max_age: parsed(durationAllowed, parseDuration, {
    group,
    value: "TIME",
    help: "drop events that are older when they could be sent",
  }),
  max_events: integer(1, 100_000_000, {
    group,
    value: "N",
    help: "events that may wait; the oldest make room",
  }),
  max_mb: number(0.01, 1_000_000, {
    group,
    value: "MB",
    help: "the same in megabytes of JSON",
  }),
  retry: parsedList(durationAllowed, parseDuration, {
    group,
    value: "TIME",
    help: "pauses after failures in a row; the last one repeats",
  }),
  timeout_ms: integer(100, 3_600_000, {
    group,
    value: "MS",
    help: "an answer that takes longer is none",
  }),
  password_file: file("the path of a file", {
    group,
    value: "FILE",
    help: "file with the password of the user in url",
  }),
} as const;

/** Their values. */
export type CommonSettings = ValuesOf<typeof commonSettings>;

/** Where nothing was given. */
export const commonDefaults = {
  send: "events",
  every_ms: 0,
  max_age: 7 * 24 * 3_600_000,
  max_events: 1_000_000,
  max_mb: 1000,
  retry: [1000, 2000, 5000, 10_000, 30_000, 60_000],
  timeout_ms: 30_000,
} as const;
