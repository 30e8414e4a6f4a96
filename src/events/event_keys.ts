/** What an event can be found by. */

import type { SightlineEvent } from "./event.ts";

/** What an event can be found by; null where it has no such thing. */
export interface EventKeys {
  readonly label: string | null;
  readonly zone: string | null;
  /** 0…1. */
  readonly confidence: number | null;
}

/** A use case may say label, zone and confidence in words of its own. */
export function keysOf({ object, zone, data }: Omit<SightlineEvent, "id">): EventKeys {
  const { label, zone: told, confidence } = data ?? {};
  return {
    label: object?.label ?? (typeof label === "string" ? label : null),
    zone: zone ?? (typeof told === "string" ? told : null),
    confidence: object?.confidence ?? (typeof confidence === "number" ? confidence : null),
  };
}
