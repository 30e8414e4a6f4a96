/** Which events a destination is sent. */

import { keysOf, type SightlineEvent } from "../events/event.ts";

/** All of it must hold; what is absent says nothing. */
export interface EventFilter {
  readonly types?: readonly string[];
  readonly labels?: readonly string[];
  readonly streams?: readonly string[];
  readonly zones?: readonly string[];
  /** 0…1, included. */
  readonly minConfidence?: number;
}

/** Whether an event passes; one without a label passes no filter on labels, as when one asks for it. */
export function passes(event: SightlineEvent, filter: EventFilter): boolean {
  const { label, zone, confidence } = keysOf(event);
  const among = (value: string | null, wanted?: readonly (string | null)[]) =>
    wanted?.includes(value) ?? true;
  return among(event.type, filter.types) && among(event.stream, filter.streams) &&
    among(label, filter.labels) && among(zone, filter.zones) &&
    (filter.minConfidence === undefined || (confidence ?? -1) >= filter.minConfidence);
}
