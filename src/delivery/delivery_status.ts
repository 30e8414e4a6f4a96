/** The books of a destination as pages and terminals show them. */

import type { DeliveryState } from "./store/delivery_store.ts";

/** The keys are those of the JSON. */
export interface DeliveryStatus {
  readonly destination: string;
  readonly accepted: number;
  readonly delivered: number;
  readonly dropped: {
    readonly expired: number;
    readonly full: number;
    readonly refused: number;
  };
  readonly waiting: number;
  /** Seconds since the capture of the oldest that waits; null when none does. */
  readonly oldest_age_s: number | null;
  /** The last failure, in words; null while all is well. */
  readonly last_error: string | null;
  /** Why nothing is sent any more, in words; null while it is. */
  readonly disabled: string | null;
}

/** `waiting` is what is left of what was accepted. */
export function deliveryStatus(
  { name, ...state }: DeliveryState & { readonly name: string },
): DeliveryStatus {
  const { accepted, delivered, expired, full, refused, oldestAtMs, lastError, disabled } = state;
  return {
    destination: name,
    accepted,
    delivered,
    dropped: { expired, full, refused },
    waiting: accepted - delivered - expired - full - refused,
    oldest_age_s: oldestAtMs === null ? null : Math.max(0, (Date.now() - oldestAtMs) / 1000),
    last_error: lastError,
    disabled,
  };
}
