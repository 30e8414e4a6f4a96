/** One connection to an MQTT broker at a time, with a bounded number of unacknowledged messages. */

import { Buffer } from "node:buffer";
import type { IClientOptions, IConnackPacket, MqttClient } from "mqtt";
import { setTimeout as delay } from "node:timers/promises";
import { systemMessage } from "../../../log/system_message.ts";
import { networkMessage } from "../../network_message.ts";
import type { SightlineEvent } from "../../../events/event.ts";
import { readTls, type TlsSettings } from "../broker_tls.ts";
import { BrokerConnection } from "../broker_connection.ts";
import type { BrokerUrl } from "../broker_url.ts";
import { DeliveryError, type DestinationContext } from "../../destination.ts";

/** A message to be published. */
export interface Publication {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  /** @default {1} */
  readonly qos?: 0 | 1;
  /** @default {false} */
  readonly retain?: boolean;
  /** User properties, where the protocol has them. */
  readonly properties?: object;
}

/** Says in another program's words what an event means. */
export interface MqttView {
  /** What is published when a connection was made, retained messages mostly. */
  connected(retained: ReadonlyMap<string, string>): Promise<readonly Publication[]>;
  /** What is published for an event, in the order of events; a picture may come later, or not at all. */
  follow(event: SightlineEvent): readonly (Publication | Promise<Publication | null>)[];
  /** What is published every ten seconds. */
  tick?(): readonly Publication[];
  /** Topics that it subscribes to; a message at some of them asks for everything anew. */
  readonly topics: readonly string[];
  isCall(topic: string): boolean;
}

/** What is set for a connection. */
type ConnectionSettings = TlsSettings & {
  readonly protocol?: "5" | "3.1.1";
  readonly client_id?: string;
};

/** What else a connection is for. */
export interface MqttConnectionOptions {
  /** `online` and `offline`, retained; the broker says the latter when we cannot. */
  readonly availabilityTopic: string;
  /** Topics to subscribe to. */
  readonly topics: readonly string[];
  /** A message that is no retained one has come. */
  onMessage(topic: string): void;
}

type Library = typeof import("mqtt").default;

/** Brokers grant 20 by default; one that grants less says so. */
const mostUnacknowledged = 20;
/** Of topic and properties. */
const packetOverheadBytes = 2000;
const reconnectMs = 5000;
/** Retained messages come right behind the subscription. */
const retainedMs = 300;

/** Connects when it is needed, and has everything fail that was under way on a broken connection. */
export class MqttConnection implements AsyncDisposable {
  readonly #library: Library;
  readonly #broker: BrokerUrl;
  readonly #settings: ConnectionSettings;
  readonly #context: DestinationContext;
  readonly #options: MqttConnectionOptions;
  readonly #end = new AbortController();
  readonly #connection = new BrokerConnection<MqttClient>({
    open: () => this.#open(),
    prepare: (client) => this.#prepare(client),
    close: (client, reason) => {
      this.#closed.reject(reason);
      client.end(true);
    },
    failureOf,
  });
  #closed = Promise.withResolvers<never>();
  #retained = new Map<string, string>();
  #connectedAtMs = 0;
  #unacknowledged = 0;
  #mostUnacknowledged = mostUnacknowledged;
  #maxBytes = Infinity;
  #isToldUnavailable = false;
  readonly #queue: (() => void)[] = [];
  /** Counts connections. */
  generation = 0;

  constructor(
    library: Library,
    broker: BrokerUrl,
    settings: ConnectionSettings,
    context: DestinationContext,
    options: MqttConnectionOptions,
  ) {
    this.#library = library;
    this.#broker = broker;
    this.#settings = settings;
    this.#context = context;
    this.#options = options;
  }

  /** Of a picture: what the broker takes, and no more than 4 MB. */
  get mostPictureBytes(): number {
    return Math.min(4 << 20, this.#maxBytes);
  }

  /** What is at the other end, as far as it says. */
  get description(): string {
    return `MQTT ${this.#settings.protocol ?? "5"} broker`;
  }

  /** Stays connected, so that others see that Sightline is there, until it is disposed of. */
  async keep(onConnected: () => Promise<void>): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        await this.#connection.get();
        await onConnected();
        await this.#closed.promise;
      } catch {
        // The next send fails in the same way, and reports it.
      }
      await delay(reconnectMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Has `publish` used on a connection; when it fails, the connection ends. */
  async use<Value>(
    signal: AbortSignal,
    action: (publish: (publication: Publication) => Promise<void>) => Promise<Value>,
  ): Promise<Value> {
    return await this.#connection.use(
      signal,
      () => action((publication) => this.publish(publication)),
    );
  }

  /** Publishes on the connection that is there; in the order of the calls. */
  async publish(publication: Publication): Promise<void> {
    const { topic, payload, qos = 1, retain = false, properties } = publication;
    const client = this.#connection.current;
    if (client === null) throw new Error("the connection was closed");
    const bytes = Buffer.byteLength(payload);
    if (bytes > this.#maxBytes) {
      const message = `${bytes} bytes are more than the ${this.#maxBytes} of the broker`;
      throw new DeliveryError("refused", message);
    }
    const isV5 = this.#settings.protocol !== "3.1.1";
    const { generation } = this;
    await this.#permit();
    try {
      // It may have ended while this waited.
      if (this.generation !== generation) throw new Error("the connection was closed");
      const published = client.publishAsync(topic, payload as string, {
        qos,
        retain,
        ...(isV5 && properties && {
          properties: {
            contentType: "application/json",
            userProperties: { ...properties } as Record<string, string>,
          },
        }),
      });
      await Promise.race([published, this.#closed.promise]);
    } catch (error) {
      if (isRefusal(error)) {
        throw new DeliveryError("refused", `topic ${topic}: ${(error as Error).message}`);
      }
      throw error;
    } finally {
      this.#unacknowledged--;
      this.#queue.shift()?.();
    }
  }

  /** Retained messages of the topics that are subscribed to, by topic. */
  async retained(): Promise<ReadonlyMap<string, string>> {
    const waitMs = this.#connectedAtMs + retainedMs - performance.now();
    if (waitMs > 0) await delay(waitMs);
    return this.#retained;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    const client = this.#connection.current;
    if (client?.connected && this.#saysAvailability) {
      const { availabilityTopic } = this.#options;
      // By its own word rather than by the broker's, which would wait for a timeout.
      const said = client.publishAsync(availabilityTopic, "offline", { qos: 1, retain: true });
      await Promise.race([said, delay(1000)]).catch(() => undefined);
    }
    await this.#connection.close(new Error("Sightline ended"));
  }

  /** A check is not the Sightline that subscribers are told of. */
  get #saysAvailability(): boolean {
    return this.#context.events !== null;
  }

  async #permit(): Promise<void> {
    if (this.#unacknowledged++ < this.#mostUnacknowledged) return;
    await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  async #open(): Promise<MqttClient> {
    const { signal } = this.#end;
    if (signal.aborted) throw new Error("Sightline ended");
    const client = this.#library.connect(await this.#clientOptions());
    const { properties } = await connected(client);
    this.#mostUnacknowledged = Math.min(mostUnacknowledged, properties?.receiveMaximum ?? Infinity);
    this.#maxBytes = (properties?.maximumPacketSize ?? Infinity) - packetOverheadBytes;
    if (signal.aborted) {
      client.end(true);
      throw new Error("Sightline ended");
    }
    return client;
  }

  async #prepare(client: MqttClient): Promise<void> {
    const { availabilityTopic, topics } = this.#options;
    this.#closed = Promise.withResolvers();
    this.#closed.promise.catch(() => undefined);
    this.#retained = new Map();
    this.#connectedAtMs = performance.now();
    this.generation++;
    let reason = new Error("the connection was closed");
    if (!client.connected) throw reason;
    client.on("error", (error) => reason = error as Error);
    client.on("disconnect", ({ reasonCode }) => {
      reason = new Error(`the broker ended the connection with reason code ${reasonCode ?? 0}`);
    });
    client.on("close", () => void this.#connection.close(reason, client));
    client.on("message", (topic, payload, { retain }) => {
      if (retain) this.#retained.set(topic, payload.toString());
      else this.#options.onMessage(topic);
    });
    if (topics.length > 0) await client.subscribeAsync([...topics]);
    if (this.#saysAvailability) {
      await client.publishAsync(availabilityTopic, "online", { qos: 1, retain: true })
        .catch((error) => this.#withoutAvailability(error));
    }
  }

  /** Events may be taken where it is not taken that Sightline is there. */
  #withoutAvailability(error: unknown): void {
    if (!isRefusal(error)) throw error;
    if (this.#isToldUnavailable) return;
    this.#isToldUnavailable = true;
    const { logger, name } = this.#context;
    logger.warn("{name} does not take the topic {topic}: {reason}", {
      name,
      topic: this.#options.availabilityTopic,
      reason: (error as Error).message,
    });
  }

  async #clientOptions(): Promise<IClientOptions> {
    const { protocol = "5", client_id } = this.#settings;
    const { scheme, host, port, user } = this.#broker;
    const password = await this.#context.password();
    const isTls = scheme === "mqtts";
    return {
      protocol: isTls ? "mqtts" : "mqtt",
      host,
      port,
      protocolVersion: protocol === "5" ? 5 : 4,
      clientId: client_id ?? `sightline-${crypto.randomUUID().slice(0, 13)}`,
      clean: true,
      // The outbox connects anew, and sends again what may not have arrived.
      reconnectPeriod: 0,
      connectTimeout: 10_000,
      keepalive: 20,
      ...(user && { username: user }),
      ...(password && { password }),
      ...(isTls && await readTls(this.#settings)),
      ...(this.#saysAvailability && {
        will: {
          topic: this.#options.availabilityTopic,
          payload: new TextEncoder().encode("offline") as never,
          qos: 1 as const,
          retain: true,
        },
      }),
    };
  }
}

/** Resolves to the broker's answer. */
async function connected(client: MqttClient): Promise<IConnackPacket> {
  const { promise, resolve, reject } = Promise.withResolvers<IConnackPacket>();
  client.once("connect", resolve);
  client.once("error", reject);
  client.once("close", () => reject(new Error("the connection was closed before it was accepted")));
  try {
    return await promise;
  } catch (error) {
    client.end(true);
    throw error;
  }
}

/** Reason codes of a PUBACK that the same message will meet again: topic, size, format, permission. */
const refusals: ReadonlySet<number> = new Set([0x87, 0x90, 0x95, 0x99]);

function isRefusal(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "number" && refusals.has(code);
}

function failureOf(error: unknown): DeliveryError {
  if (error instanceof DeliveryError && error.failure === "refused") return error;
  return new DeliveryError("unavailable", systemMessage(networkMessage(error)), { cause: error });
}
