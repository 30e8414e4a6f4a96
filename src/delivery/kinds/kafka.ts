/** `kafka://…`, `kafkas://…`: events in a Kafka topic, by stream. */

import type { Producer as AnyProducer } from "@platformatic/kafka";
import { systemMessage } from "../../log/system_message.ts";
import { choice } from "../../settings/setting.ts";
import type { ValuesOf } from "../../settings/setting.ts";
import { checkTls, readTls, tlsNeeds, tlsSettings } from "./broker_tls.ts";
import { BrokerConnection } from "./broker_connection.ts";
import { type BrokerUrl, parseBrokerUrl } from "./broker_url.ts";
import { cloudEventAttributes } from "./cloud_event.ts";
import {
  DeliveryError,
  type Destination,
  type DestinationContext,
  type DestinationKind,
  type Message,
} from "../destination.ts";
import { networkMessage } from "../network_message.ts";

const group = "Results and limits";
const urlAllowed = "must be kafka://[user@]host[:9092][,host…]/topic";
const mechanisms = ["plain", "scram-sha-256", "scram-sha-512"] as const;

const settings = {
  sasl: choice(mechanisms, {
    group,
    value: "WORD",
    help: "how the user of the URL logs in: plain, scram-sha-256 or scram-sha-512 (plain)",
  }),
  ...tlsSettings,
} as const;

type KafkaSettings = ValuesOf<typeof settings>;
type Library = typeof import("@platformatic/kafka");
type Producer = AnyProducer<string, string, string, string>;

/** Events of one request; the next is made when it is taken, so that order holds. */
const batchSize = 500;

/** The kind; `kinds.ts` lists it. */
export const kafka: DestinationKind<typeof settings> = {
  name: "kafka",
  schemes: ["kafka", "kafkas"],
  example: "kafka://host/topic",
  settings,
  check(url, settings) {
    const parts = parseBrokerUrl(url, 9092);
    return parts !== null && /^[\w.-]{1,249}$/.test(parts.path) ? checkTls(settings) : urlAllowed;
  },
  needs: (url, settings) => ({
    // Further brokers are named by the first ones.
    net: parseBrokerUrl(url, 9092)?.hosts ?? [],
    read: tlsNeeds(settings),
  }),
  async open(url, settings, context) {
    return new KafkaTopic(await import("@platformatic/kafka"), url, settings, context);
  },
};

class KafkaTopic implements Destination {
  readonly order = "batch";
  readonly window = batchSize;
  readonly batch = batchSize;
  readonly #library: Library;
  readonly #url: BrokerUrl;
  readonly #settings: KafkaSettings;
  readonly #context: DestinationContext;
  readonly #connection = new BrokerConnection<Producer>({
    open: () => this.#open(),
    close: (producer) => producer.close(true).catch(() => undefined),
    failureOf,
    // An idempotent producer numbers its messages: behind one that fails comes another producer.
    refusalEnds: true,
  });

  constructor(library: Library, url: string, settings: KafkaSettings, context: DestinationContext) {
    this.#library = library;
    this.#url = parseBrokerUrl(url, 9092)!;
    this.#settings = settings;
    this.#context = context;
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<void> {
    const { publicUrl } = this.#context;
    await this.#produce(
      messages.map(({ event, json }) => {
        const { datacontenttype, ...attributes } = cloudEventAttributes(event, publicUrl);
        const headers = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]);
        return {
          topic: this.#url.path,
          key: event.stream,
          value: json,
          timestamp: BigInt(Date.parse(event.at)),
          headers: { ...Object.fromEntries(headers), "content-type": datacontenttype },
        };
      }),
      signal,
    );
  }

  async sendRecords(lines: readonly string[], signal: AbortSignal): Promise<void> {
    const topic = `${this.#url.path}-records`;
    await this.#produce(
      lines.map((value) => ({ topic, key: JSON.parse(value).stream, value })),
      signal,
    );
  }

  async check(signal: AbortSignal): Promise<string> {
    return await this.#connection.use(signal, async (producer) => {
      const { brokers } = await producer.metadata({ topics: [], forceUpdate: true });
      return `Kafka with ${brokers.size} ${brokers.size === 1 ? "broker" : "brokers"}`;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  async #produce(
    messages: Parameters<Producer["send"]>[0]["messages"],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#connection.use(signal, async (producer) => {
      await producer.send({ messages, acks: this.#library.ProduceAcks.ALL });
    });
  }

  async #open(): Promise<Producer> {
    const { scheme, hosts, user } = this.#url;
    const { sasl = "plain" } = this.#settings;
    const password = await this.#context.password();
    return new this.#library.Producer({
      clientId: "sightline",
      bootstrapBrokers: [...hosts],
      serializers: this.#library.stringSerializers,
      idempotent: true,
      autocreateTopics: true,
      // The outbox tries again. 0 and 1 would mean for ever with an idempotent producer.
      retries: false,
      connectTimeout: 10_000,
      ...(scheme === "kafkas" && { tls: await readTls(this.#settings) }),
      ...(user !== null && {
        sasl: {
          mechanism: sasl.toUpperCase() as Uppercase<typeof sasl>,
          username: user,
          password: password ?? "",
        },
      }),
    });
  }
}

function failureOf(error: unknown): DeliveryError {
  const failure = isRefusal(error) ? "refused" : "unavailable";
  return new DeliveryError(failure, messageOf(error), { cause: error });
}

/** The library wraps what a broker said into two or three layers of its own words. */
function messageOf(error: unknown): string {
  const { errors = [], cause } = error as {
    readonly errors?: readonly unknown[];
    readonly cause?: unknown;
  };
  const inner = errors.at(-1) ?? cause;
  return inner === undefined ? systemMessage(networkMessage(error)) : messageOf(inner);
}

/** Codes of Kafka's protocol that a repetition does not mend. */
const refusals: ReadonlySet<unknown> = new Set([
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_RECORD",
  "TOPIC_AUTHORIZATION_FAILED",
]);

function isRefusal(error: unknown): boolean {
  const { apiId, errors = [] } = error as { apiId?: unknown; errors?: unknown[] };
  return refusals.has(apiId) || errors.some(isRefusal);
}
