/** The event of a draft, and what SQLite keeps of its id. */

import { v7 } from "uuid";
import type { EventDraft, SightlineEvent } from "./event.ts";

/** Makes the event of a draft; its id sorts behind all that were made before in this process. */
export function makeEvent(
  { opens: _opens, closes: _closes, id = v7(), ...event }: EventDraft,
  ended?: Pick<SightlineEvent, "started_id" | "duration_ms">,
): SightlineEvent {
  return { id, ...event, ...ended };
}

/** The bytes of an event's id, a UUID as SQLite keeps it: 16 bytes instead of 36. What is no UUID is the id of no event. */
export function idBytes(id: string): Uint8Array {
  const hex = id.replaceAll("-", "");
  return /^[0-9a-f]{32}$/i.test(hex) ? Uint8Array.fromHex(hex) : new Uint8Array();
}
