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

/** Those of an event. */
export function cloudEventAttributes(
  { id, type, at, stream, object, zone, line }: SightlineEvent,
  publicUrl: string | null,
): CloudEventAttributes {
  const subject = [zone ?? line, object && `${object.label}/${object.id}`]
    .filter((part) => part !== undefined).join("/");
  return {
    specversion: "1.0",
    id,
    source: sourceOf(stream, publicUrl),
    type: plainText(`sightline.${type}`),
    time: at,
    partitionkey: plainText(stream),
    datacontenttype: "application/json",
    ...(subject !== "" && { subject: plainText(subject) }),
  };
}

/** A stream, beneath this Sightline's own address where that is known. */
export function sourceOf(stream: string, publicUrl: string | null): string {
  return `${publicUrl ?? "/sightline"}/streams/${encodeURIComponent(stream)}`;
}

/** What neither CloudEvents nor MQTT allow in a text: control characters, and what is none. */
// deno-lint-ignore no-control-regex
const forbidden = /[\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]/g;

/** A text as headers and topics can hold it: of 200 characters at most. */
export function plainText(text: string): string {
  return text.slice(0, 200).toWellFormed().replaceAll(forbidden, "_");
}
