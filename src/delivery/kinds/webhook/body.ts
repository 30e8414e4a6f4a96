/** What a webhook posts, by its format. */

import type { AnalysisRecord } from "../../../sink/record.ts";
import { cloudEventAttributes, sourceOf } from "../cloud_event.ts";
import type { Message } from "../../destination.ts";
import { serviceBody, services, type WebhookBody } from "./templates.ts";

/** `standard` is the body that Standard Webhooks suggests: type, timestamp, data. */
export const bodyFormats = [
  "standard",
  "cloudevents",
  "cloudevents_binary",
  "cloudevents_batch",
  ...services,
] as const;

/** The name of a format. */
export type BodyFormat = typeof bodyFormats[number];

/** Only a batch takes more than one message. */
export function formatBody(
  format: BodyFormat,
  messages: readonly Message[],
  publicUrl: string | null,
): WebhookBody {
  const { event, json } = messages[0]!;
  switch (format) {
    case "standard":
      return {
        body: `{"type":${JSON.stringify(event.type)},"timestamp":"${event.at}","data":${json}}`,
        headers: { "content-type": "application/json" },
      };
    case "cloudevents":
      return {
        body: structured(messages[0]!, publicUrl),
        headers: { "content-type": "application/cloudevents+json" },
      };
    case "cloudevents_batch":
      return {
        body: `[${messages.map((message) => structured(message, publicUrl)).join(",")}]`,
        headers: { "content-type": "application/cloudevents-batch+json" },
      };
    case "slack":
    case "discord":
    case "teams":
    case "ntfy":
      return serviceBody(format, messages[0]!, publicUrl);
    case "cloudevents_binary": {
      const { datacontenttype, ...attributes } = cloudEventAttributes(event, publicUrl);
      const headers = Object.entries(attributes)
        .map(([name, value]) => [`ce-${name}`, percentEncoded(value)]);
      return {
        body: json,
        headers: { "content-type": datacontenttype, ...Object.fromEntries(headers) },
      };
    }
  }
}

/** Records, lines of JSON, in one request. */
export function recordsBody(
  format: BodyFormat,
  lines: readonly string[],
  publicUrl: string | null,
): WebhookBody {
  if (format === "standard") {
    const timestamp = new Date().toISOString();
    return {
      body: `{"type":"records","timestamp":"${timestamp}","data":[${lines.join(",")}]}`,
      headers: { "content-type": "application/json" },
    };
  }
  const events = lines.map((line) => {
    const { stream, sequence, captured_at } = JSON.parse(line) as AnalysisRecord;
    const attributes = {
      specversion: "1.0",
      id: `${captured_at}/${sequence}`,
      source: sourceOf(stream, publicUrl),
      type: "sightline.record",
      time: captured_at,
      partitionkey: stream,
      datacontenttype: "application/json",
    };
    return `${JSON.stringify(attributes).slice(0, -1)},"data":${line}}`;
  });
  return {
    body: `[${events.join(",")}]`,
    headers: { "content-type": "application/cloudevents-batch+json" },
  };
}

function structured({ event, json }: Message, publicUrl: string | null): string {
  return `${JSON.stringify(cloudEventAttributes(event, publicUrl)).slice(0, -1)},"data":${json}}`;
}

/** As CloudEvents has it for headers: what is no printable ASCII, quotes and percent signs. */
function percentEncoded(text: string): string {
  return text.replace(/[^\x21-\x7e]|["%]/gu, (character) => {
    return [...new TextEncoder().encode(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
  });
}
