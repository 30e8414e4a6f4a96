/** `https://…`, `webhook+http://…`: events posted to an address, signed as Standard Webhooks are. */

import { file } from "../../../settings/paths.ts";
import { choice, text } from "../../../settings/setting.ts";
import type { ValuesOf } from "../../../settings/setting.ts";
import { checkTls, tlsNeeds, tlsSettings } from "../broker_tls.ts";
import { credentialsOf } from "../broker_url.ts";
import {
  DeliveryError,
  type Destination,
  type DestinationContext,
  type DestinationKind,
  type Message,
} from "../../destination.ts";
import { networkMessage } from "../../network_message.ts";
import { bodyFormats, formatBody, recordsBody } from "./body.ts";
import { sentSecrets } from "./sent_secrets.ts";
import { isService, services, templateBody, type WebhookBody } from "./templates.ts";
import { type WebhookAnswer, WebhookClient } from "./webhook_client.ts";

const group = "Results and limits";
const fileAllowed = "the path of a file";

const settings = {
  format: choice(bodyFormats, {
    group,
    value: "WORD",
    help: "what is posted: standard, cloudevents, …, or as slack, discord, teams or ntfy has it",
  }),
  template: text("a text", {
    group,
    value: "TEXT",
    help: "post this in place of a format, with {{type}}, {{object.label}}, {{text}}, … filled in",
  }, /^[^]+$/),
  content_type: text("a media type such as application/json", {
    group,
    value: "TYPE",
    help: "of the template [application/json]",
  }, /^[\w.+-]+\/[\w.+-]+(; ?[\w=-]+)*$/),
  secret_file: file(fileAllowed, {
    group,
    value: "FILE",
    file: (path: string) => ({ path, use: "read", whyWrong: whyNoSecrets }),
    help: "sign with this secret (whsec_…), and with those on the further lines as well",
  }),
  authorization_file: file(fileAllowed, {
    group,
    value: "FILE",
    help: "file with the Authorization header, such as Bearer …",
  }),
  ...tlsSettings,
} as const;

type WebhookSettings = ValuesOf<typeof settings>;

/** Messages of one request, where the format holds several. */
const batchSize = 100;
/** Requests under way at once, each for another stream. */
const mostRequests = 16;

/** Of a picture within a body: one that is larger is left out. */
const mostPictureBytes = 1 << 20;

/** The kind; `kinds.ts` lists it. */
export const webhook: DestinationKind<typeof settings> = {
  name: "webhook",
  schemes: ["https", "webhook+http", "webhook+https"],
  example: "https://host/path",
  settings,
  check(url, settings) {
    const { send = "events", format, template, content_type } = settings;
    if (!URL.canParse(addressOf(url))) return "is no URL, must be https://host/path";
    if (format !== undefined && template !== undefined) return "has a format and a template";
    if (content_type !== undefined && template === undefined) {
      return "has a content_type without a template";
    }
    if (send !== "events" && (template !== undefined || isService(format))) {
      return `sends ${send}, with a template or as ${services.join(", ")} it can send events only`;
    }
    return checkTls(settings);
  },
  needs(url, settings) {
    const { secret_file, authorization_file } = settings;
    const { hostname, port, protocol } = new URL(addressOf(url));
    return {
      net: [`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`],
      read: [
        ...[secret_file, authorization_file].filter((file) => file !== undefined),
        ...tlsNeeds(settings),
      ],
    };
  },
  open: (url, settings, context) => new Webhook(addressOf(url), settings, context),
};

function addressOf(url: string): string {
  return url.replace(/^webhook\+/i, "");
}

class Webhook implements Destination {
  readonly order = "stream";
  readonly window: number;
  readonly batch: number;
  readonly #url: URL;
  readonly #authorization: string | null;
  readonly #settings: WebhookSettings;
  readonly #context: DestinationContext;
  readonly #client: WebhookClient;

  constructor(address: string, settings: WebhookSettings, context: DestinationContext) {
    this.#settings = settings;
    this.#context = context;
    const url = this.#url = new URL(address);
    const { user, password } = credentialsOf(address);
    const basic = new TextEncoder().encode(`${user}:${password ?? ""}`).toBase64();
    this.#authorization = user === null ? null : `Basic ${basic}`;
    url.username = url.password = "";
    this.#client = new WebhookClient(url, settings, mostRequests);
    this.batch = settings.format === "cloudevents_batch" ? batchSize : 1;
    this.window = mostRequests * this.batch;
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<void> {
    const { format = "standard", template, content_type = "application/json" } = this.#settings;
    const { publicUrl } = this.#context;
    const body = template === undefined ? formatBody(format, messages, publicUrl) : templateBody(
      template,
      content_type,
      messages[0]!,
      publicUrl,
      await this.#picture(messages),
    );
    await this.#post(messages[0]!.event.id, body, signal);
  }

  /** Null unless the template has a place for it. */
  async #picture([message]: readonly Message[]): Promise<Uint8Array | null> {
    if (!this.#settings.template?.includes("picture_base64")) return null;
    const picture = await this.#context.picture?.(message!.event.id).catch(() => null) ?? null;
    return picture === null || picture.length > mostPictureBytes ? null : picture;
  }

  async sendRecords(lines: readonly string[], signal: AbortSignal): Promise<void> {
    const { format = "standard" } = this.#settings;
    const body = recordsBody(format, lines, this.#context.publicUrl);
    await this.#post(crypto.randomUUID(), body, signal);
  }

  async check(signal: AbortSignal): Promise<string> {
    await this.#secrets();
    const { status } = await this.#request("OPTIONS", {}, null, await this.#header(), signal);
    return `answers OPTIONS with ${status}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
    return Promise.resolve();
  }

  async #post(id: string, { body, headers }: WebhookBody, signal: AbortSignal): Promise<void> {
    const signed = { ...headers, ...await this.#signed(id, body) };
    const authorization = await this.#header();
    const answer = await this.#request("POST", signed, body, authorization, signal);
    const secrets = sentSecrets(this.#url, authorization);
    judge(answer, (text) => secrets.reduce((text, one) => text.replaceAll(one, "***"), text));
  }

  /** Of the file, where there is one; null when there is none. */
  async #header(): Promise<string | null> {
    const { authorization_file } = this.#settings;
    if (authorization_file === undefined) return this.#authorization;
    return (await this.#context.readSecret(authorization_file)).trim();
  }

  async #request(
    method: "POST" | "OPTIONS",
    headers: Readonly<Record<string, string>>,
    body: string | null,
    authorization: string | null,
    signal: AbortSignal,
  ): Promise<WebhookAnswer> {
    const own = { "user-agent": "Sightline", ...authorization !== null && { authorization } };
    try {
      // A redirect is followed nowhere: it may lead to a server that must not read events.
      return await this.#client.request(method, { ...headers, ...own }, body, signal);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof DeliveryError) throw cause;
      throw new DeliveryError("unavailable", networkMessage(cause), { cause });
    }
  }

  async #signed(id: string, body: string): Promise<Record<string, string>> {
    const secrets = await this.#secrets();
    if (secrets === null) return {};
    const seconds = Math.floor(Date.now() / 1000);
    return {
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": await signatures(secrets, id, seconds, body),
    };
  }

  /** Null when nothing is signed. @throws {DeliveryError} when there are none in the file */
  async #secrets(): Promise<readonly Uint8Array<ArrayBuffer>[] | null> {
    const { secret_file } = this.#settings;
    if (secret_file === undefined) return null;
    const text = await this.#context.readSecret(secret_file);
    const why = whyNoSecrets(text);
    if (why !== null) throw new DeliveryError("unavailable", `secret_file ${secret_file}: ${why}`);
    return secretLines(text).map(parseSecret);
  }
}

/** What the answer means. @throws {DeliveryError} unless it is a success */
function judge({ status, headers, text }: WebhookAnswer, mask: (text: string) => string): void {
  if (status >= 200 && status < 300) return;
  const said = mask(text).trim().split("\n", 1)[0]!.slice(0, 200);
  const message = `answered ${status}${said === "" ? "" : `: ${said}`}`;
  if (status === 410) throw new DeliveryError("disabled", message);
  // What no repetition mends, unless the other side itself is changed: then retry sends it again.
  if ([400, 413, 414, 415, 422, 431].includes(status)) throw new DeliveryError("refused", message);
  throw new DeliveryError("unavailable", message, {
    retryAfterMs: retryAfterMs(headers["retry-after"] ?? null),
  });
}

/** Seconds, or a date; of what it says, a second at least and an hour at most is believed. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  const ms = /^\d+(\.\d+)?$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? null : Math.min(3_600_000, Math.max(1000, ms));
}

/** Secrets, one on each line. The first is the newest. */
function secretLines(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
}

/** Base64, with or without `whsec_` before it. @throws {SyntaxError} when it is none */
function parseSecret(line: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(line.replace(/^whsec_/, ""));
}

/** Why a text does not hold secrets, in words that show none; null when it does. */
function whyNoSecrets(text: string): string | null {
  const lines = secretLines(text);
  if (lines.length === 0) return "is empty, must hold whsec_ and base64";
  try {
    return lines.every((line) => parseSecret(line).length > 0)
      ? null
      : "holds an empty secret, must hold whsec_ and base64";
  } catch {
    return "holds no secret, must hold whsec_ and base64 on each line";
  }
}

/** As Standard Webhooks have it: `v1,…` for each secret, separated by spaces, so that a key can be exchanged without a gap. */
async function signatures(
  secrets: readonly Uint8Array<ArrayBuffer>[],
  id: string,
  seconds: number,
  body: string,
): Promise<string> {
  const signed = new TextEncoder().encode(`${id}.${seconds}.${body}`);
  const all = secrets.map(async (secret) => {
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", secret, hmac, false, ["sign"]);
    const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed));
    return `v1,${signature.toBase64()}`;
  });
  return (await Promise.all(all)).join(" ");
}
