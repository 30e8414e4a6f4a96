/** Settings of the pictures that events have. */

import { integer, parsedList, SettingError } from "../settings/setting.ts";

const typeAllowed = "the type of an event, such as zone_entered, or none";

function parseType(text: string): string {
  if (!/^[\p{L}\p{N}._-]{1,64}$/u.test(text)) throw new SettingError();
  return text;
}

/** How much of a camera's packets is kept, however many use cases look at it. */
export const ringSettings = {
  ring_s: integer(0, 600, {
    group: "Events",
    value: "S",
    help: "with --data_dir: seconds of the camera's stream kept for pictures; 0 = none",
  }),
  ring_mb: integer(1, 4096, {
    group: "Events",
    value: "MB",
    help: "with --data_dir: megabytes of it at most",
  }),
} as const;

/** Which events of a stream have pictures. */
export const mediaSettings = {
  snapshots: parsedList(typeAllowed, parseType, {
    group: "Events",
    value: "TYPE",
    help: "with --data_dir: events that have a picture; may be repeated, none = no event",
  }),
} as const;

/** What holds for a camera where nothing was given. */
export const ringDefaults = { ring_s: 10, ring_mb: 32 } as const;

/** What holds for a stream where nothing was given. */
export const mediaDefaults = {
  snapshots: [
    "object_started",
    "object_updated",
    "object_ended",
    "zone_entered",
    "zone_dwelled",
    "line_crossed",
  ] as string[],
};
