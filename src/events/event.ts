/** The event: something that began, ended or happened, in the form in which it is kept and sent. */

import type { Box } from "../frame/analysis.ts";

/** One event; the keys are those of the JSON. */
export interface SightlineEvent {
  /** A UUID of version 7, the same wherever and however often the event is told. */
  readonly id: string;
  /** Snake case, such as `object_started` or `stream_lost`, or what a use case calls it. */
  readonly type: string;
  /** ISO 8601, UTC: when the frame was captured in which it was seen. */
  readonly at: string;
  readonly stream: string;
  /** Null for what no use case saw, such as the loss of a camera. */
  readonly use_case: string | null;
  /** Number of the frame in its stream; null when no frame shows it. */
  readonly sequence: number | null;
  readonly object?: EventObject;
  /** Name of a zone. */
  readonly zone?: string;
  /** Name of a line. */
  readonly line?: string;
  /** Why it ended, where it did not end by itself, such as `restart`. */
  readonly reason?: string;
  /** The event that this one ends. */
  readonly started_id?: string;
  /** From the beginning to this end, in whole milliseconds. */
  readonly duration_ms?: number;
  /** A picture of it is made, where a folder keeps events. */
  readonly snapshot?: true;
  /** A clip of it is made, from so long before to so long after it. */
  readonly clip?: ClipSpan;
  /** Anything else that its author said of it. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** How much of what was before and after an event a clip shows, in seconds. */
export interface ClipSpan {
  readonly before_s: number;
  readonly after_s: number;
}

/** The object that an event is about. */
export interface EventObject {
  /** Number of the track, the same as long as it is followed. */
  readonly id: number;
  readonly label: string;
  /** 0…1. */
  readonly confidence: number;
  /** Fractions of the picture. */
  readonly box: Box;
}

/**
 * An event that was not written down yet. What begins something names it by a `key` of its own, and
 * the type of the event that will end it; what ends it names the same key. See the event store.
 */
export interface EventDraft extends Omit<SightlineEvent, "id" | "started_id" | "duration_ms"> {
  /** @default {a new one} */
  readonly id?: string;
  readonly opens?: {
    readonly key: string;
    readonly endsAs: string;
    /** It may go on while no Sightline runs, as the absence of a camera does. @default {false} */
    readonly survives?: boolean;
  };
  readonly closes?: {
    readonly key: string;
    /** It is told even when nothing was open. @default {false} */
    readonly always?: boolean;
  };
}

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

/** An event with its number in the order in which events were written. */
export interface NumberedEvent {
  readonly seq: number;
  readonly event: SightlineEvent;
}
