/** Bodies that others dictate: chat services, and a text of one's own. */

import { keysOf, type SightlineEvent } from "../../../events/event.ts";
import type { Message } from "../../destination.ts";

/** One request's body, with the headers that belong to it. */
export interface WebhookBody {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Services whose bodies are ready-made. */
export const services = ["slack", "discord", "teams", "ntfy"] as const;

/** The name of a service. */
export type ChatService = typeof services[number];

/** Whether a format is that of a service. */
export function isService(format: string | undefined): format is ChatService {
  return services.some((service) => service === format);
}

/** What a body may name. */
interface Told {
  readonly title: string;
  /** One line: what, where, when. */
  readonly text: string;
  /** Null where it is not known under which address this Sightline is reached. */
  readonly link: string | null;
  /** Of its picture; null as well where no picture is made of it. */
  readonly picture: string | null;
}

const json = { "content-type": "application/json" };

/** The body that a service takes. Pictures go by link: the service, or who reads it, fetches them. */
export function serviceBody(
  service: ChatService,
  { event }: Message,
  publicUrl: string | null,
): WebhookBody {
  const { title, text, link, picture } = tell(event, publicUrl);
  switch (service) {
    case "slack": {
      const section = { type: "section", text: { type: "mrkdwn", text: inSlack(text, link) } };
      const image = { type: "image", image_url: picture, alt_text: title };
      return {
        // The text stands in notifications.
        body: JSON.stringify({ text, blocks: [section, ...picture === null ? [] : [image]] }),
        headers: json,
      };
    }
    case "discord": {
      const embed = {
        title,
        description: text,
        timestamp: event.at,
        ...link !== null && { url: link },
        ...picture !== null && { image: { url: picture } },
      };
      // A camera's name must not mention anyone.
      return {
        body: JSON.stringify({ embeds: [embed], allowed_mentions: { parse: [] } }),
        headers: json,
      };
    }
    case "teams": {
      const content = {
        $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
        type: "AdaptiveCard",
        version: "1.4",
        body: [
          { type: "TextBlock", text: title, weight: "Bolder", size: "Medium", wrap: true },
          { type: "TextBlock", text, wrap: true },
          ...picture === null ? [] : [{ type: "Image", url: picture, altText: title }],
        ],
        ...link !== null && { actions: [{ type: "Action.OpenUrl", title: "Open", url: link }] },
      };
      const contentType = "application/vnd.microsoft.card.adaptive";
      const attachments = [{ contentType, contentUrl: null, content }];
      return { body: JSON.stringify({ type: "message", attachments }), headers: json };
    }
    case "ntfy":
      return {
        body: text,
        headers: {
          "content-type": "text/plain; charset=utf-8",
          title: inHeader(title),
          ...link !== null && { click: link },
          ...picture !== null && { attach: picture },
        },
      };
  }
}

/**
 * A text with `{{type}}`, `{{object.label}}` and other paths of the event in it, and `{{title}}`,
 * `{{text}}`, `{{link}}`, `{{picture}}`; what there is not is empty. Within JSON a value is escaped
 * as a part of a text.
 */
export function templateBody(
  template: string,
  contentType: string,
  { event }: Message,
  publicUrl: string | null,
  picture: Uint8Array | null = null,
): WebhookBody {
  const told = { ...tell(event, publicUrl), picture_base64: picture?.toBase64() ?? "" };
  const isJson = /\bjson\b/.test(contentType);
  const body = template.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_, path: string) => {
    const value = valueAt({ ...event, ...told }, path);
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    return isJson ? JSON.stringify(text).slice(1, -1) : text;
  });
  return { body, headers: { "content-type": contentType } };
}

function valueAt(value: unknown, path: string): unknown {
  const found = path.split(".").reduce<unknown>((part, key) => {
    return typeof part === "object" && part !== null && Object.hasOwn(part, key)
      ? (part as Record<string, unknown>)[key]
      : undefined;
  }, value);
  return found ?? "";
}

/** How people say it; any other type is said as it is called. */
const words: Readonly<Record<string, string>> = {
  object_started: "appeared",
  object_ended: "left",
  zone_entered: "entered",
  zone_left: "left",
  zone_dwelled: "stays in",
  line_crossed: "crossed",
};

function tell(event: SightlineEvent, publicUrl: string | null): Told {
  const { id, type, at, stream, line, duration_ms, reason, snapshot } = event;
  const { label, zone, confidence } = keysOf(event);
  const what = words[type] ?? type.replaceAll("_", " ");
  const title = [label, what, zone ?? line].filter((part) => part !== undefined && part !== null)
    .join(" ");
  const details = [
    confidence === null ? null : `${Math.round(confidence * 100)} %`,
    duration_ms === undefined ? null : `after ${(duration_ms / 1000).toFixed(1)} s`,
    reason ?? null,
  ].filter((part) => part !== null);
  const more = details.length === 0 ? "" : ` (${details.join(", ")})`;
  const link = publicUrl === null ? null : `${publicUrl}/api/events/${id}`;
  return {
    title,
    text: `${title} at ${stream}${more}, ${at}`,
    link,
    picture: link === null || !snapshot ? null : `${link}/snapshot.jpg`,
  };
}

/** What Slack would take for markup is a text. */
function inSlack(text: string, link: string | null): string {
  const plain = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return link === null ? plain : `<${link}|${plain.replaceAll("|", "/")}>`;
}

/** A header holds ASCII only; RFC 2047 says the rest. */
function inHeader(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return `=?UTF-8?B?${new TextEncoder().encode(text).toBase64()}?=`;
}
