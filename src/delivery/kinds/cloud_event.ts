/** An event as a CloudEvent 1.0, whose attributes other destinations use too. */

import type { SightlineEvent } from "../../events/event.ts";

/** The attributes, all of them texts; `data` is the event itself. */
export interface CloudEventAttributes {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  /** The stream: events with equal keys keep their order. */
  readonly partitionkey: string;
  readonly datacontenttype: "application/json";
  /** What the event is about: the object's number, the zone or line. */
  readonly subject?: string;
}

/** `source` is the stream, beneath this Sightline's own address where that is known. */
export function cloudEventAttributes(
  { id, type, at, stream, object, zone, line }: SightlineEvent,
  publicUrl: string | null,
): CloudEventAttributes {
  const subject = [zone ?? line, object && `${object.label}/${object.id}`]
    .filter((part) => part !== undefined).join("/");
  return {
    specversion: "1.0",
    id,
    source: `${publicUrl ?? "/sightline"}/streams/${encodeURIComponent(stream)}`,
    type: `sightline.${type}`,
    time: at,
    partitionkey: stream,
    datacontenttype: "application/json",
    ...(subject !== "" && { subject }),
  };
}
