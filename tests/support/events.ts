/** What tests of events need many of. */

import { getLogger } from "@logtape/logtape";
import type { EventDraft } from "../../src/events/event.ts";
import { EventLog } from "../../src/events/event_log.ts";
import type { EventsConfig } from "../../src/events/settings.ts";

/** An event of the stream `door`, in which a test says only what matters to it. */
export function draftOf(type: string, atMs: number, more: Partial<EventDraft> = {}): EventDraft {
  return {
    type,
    at: new Date(atMs).toISOString(),
    stream: "door",
    use_case: "detector",
    sequence: 1,
    ...more,
  };
}

/** The same of just now. */
export function draftNow(type: string, more: Partial<EventDraft> = {}): EventDraft {
  return draftOf(type, Date.now(), more);
}

/** The event log of a folder; null = in memory. */
export function openLog(
  dataDir: string | null,
  more: Partial<EventsConfig> = {},
  logger = getLogger(["test"]),
): Promise<EventLog> {
  return EventLog.open({ dataDir, keepDays: 30, keepGb: null, ...more }, [], logger);
}

/** The types of its first thousand events, oldest first. */
export async function typesIn(log: EventLog): Promise<string[]> {
  const { events } = await log.ask("find", {}, 1000, null);
  return events.map(({ type }) => type).toReversed();
}

/** What an event may be about. */
export const person = {
  id: 7,
  label: "person",
  confidence: 0.9,
  box: { x: 0.1, y: 0.2, width: 0.3, height: 0.4 },
};
