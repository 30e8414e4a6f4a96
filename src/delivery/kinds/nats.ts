/** `nats://…`, `tls://…`: events in a JetStream stream, which recognises those that are repeated. */

import type { JetStreamClient } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Socket } from "node:net";
import type { SightlineEvent } from "../../events/event.ts";
import { file } from "../../settings/paths.ts";
import { text } from "../../settings/setting.ts";
import type { ValuesOf } from "../../settings/setting.ts";
import { checkTls, readTls, tlsNeeds, tlsSettings } from "./broker_tls.ts";
import { BrokerConnection } from "./broker_connection.ts";
import { type BrokerUrl, parseBrokerUrl } from "./broker_url.ts";
import { cloudEventAttributes, plainText } from "./cloud_event.ts";
import {
  DeliveryError,
  type Destination,
  type DestinationContext,
  type DestinationKind,
  type Message,
} from "../destination.ts";

const group = "Results and limits";
const urlAllowed = "must be nats://[user@]host[:4222][,host…][/subject]";

const settings = {
  stream: text("1 to 32 letters, digits, dashes or underscores", {
    group,
    value: "NAME",
    help: "JetStream stream, made when no stream has the subject (sightline)",
  }, /^[A-Za-z0-9_-]{1,32}$/),
  token_file: file("the path of a file", {
    group,
    value: "FILE",
    help: "file with the token that the server asks for",
  }),
  ...tlsSettings,
} as const;

type NatsSettings = ValuesOf<typeof settings>;
type Library =
  & typeof import("@nats-io/transport-node")
  & typeof import("@nats-io/transport-node/lib/node_transport.js")
  & typeof import("@nats-io/jetstream");

/** Events that are published together; the next are when all of these are stored. */
const batchSize = 250;

/** The kind; `kinds.ts` lists it. */
export const nats: DestinationKind<typeof settings> = {
  name: "nats",
  schemes: ["nats", "tls"],
  example: "nats://host/subject",
  settings,
  check(url, settings) {
    const parts = parseBrokerUrl(url, 4222);
    return parts !== null && /^[\w.-]*$/.test(parts.path) ? checkTls(settings) : urlAllowed;
  },
  needs(url, settings) {
    const files = settings.token_file === undefined ? [] : [settings.token_file];
    return {
      net: parseBrokerUrl(url, 4222)?.hosts ?? [],
      read: [...files, ...tlsNeeds(settings)],
    };
  },
  async open(url, settings, context) {
    const [core, transport, jetstream] = await Promise.all([
      import("@nats-io/transport-node"),
      import("@nats-io/transport-node/lib/node_transport.js"),
      import("@nats-io/jetstream"),
    ]);
    return new NatsStream({ ...core, ...transport, ...jetstream }, url, settings, context);
  },
};

class NatsStream implements Destination {
  readonly order = "batch";
  readonly window = batchSize;
  readonly batch = batchSize;
  readonly #library: Library;
  readonly #url: BrokerUrl;
  readonly #subject: string;
  readonly #settings: NatsSettings;
  readonly #context: DestinationContext;
  readonly #connection = new BrokerConnection<NatsConnection>({
    open: () => this.#open(),
    close: (connection) => connection.close().catch(() => undefined),
    isClosed: (connection) => connection.isClosed(),
    failureOf,
  });
  /** With the connection that it belongs to. */
  #jetstream: { readonly client: JetStreamClient; readonly of: NatsConnection } | null = null;

  constructor(library: Library, url: string, settings: NatsSettings, context: DestinationContext) {
    this.#library = library;
    this.#url = parseBrokerUrl(url, 4222)!;
    this.#subject = this.#url.path || "sightline";
    this.#settings = settings;
    this.#context = context;
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<void> {
    await this.#connection.use(signal, async (connection) => {
      const jetstream = this.#jetstream?.of === connection
        ? this.#jetstream.client
        : await this.#openStream(connection);
      this.#jetstream = { client: jetstream, of: connection };
      const stored = await Promise.allSettled(
        messages.map(({ event, json }) =>
          jetstream.publish(this.#subjectOf(event), json, {
            msgID: event.id,
            headers: this.#headersOf(event),
            // The outbox has the deadline, and tries again.
            timeout: 3_600_000,
            retries: 1,
          })
        ),
      );
      const failed = stored.find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
    });
  }

  async sendRecords(lines: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#connection.use(signal, async (connection) => {
      for (const line of lines) connection.publish(`${this.#subject}-records`, line);
      await connection.flush();
    });
  }

  async check(signal: AbortSignal): Promise<string> {
    return await this.#connection.use(signal, async (connection) => {
      const manager = await this.#library.jetstreamManager(connection);
      await manager.getAccountInfo();
      return `NATS ${connection.info?.version ?? "?"} with JetStream`;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  async #open(): Promise<NatsConnection> {
    const { scheme, hosts, user } = this.#url;
    const { token_file } = this.#settings;
    const password = await this.#context.password();
    const token = token_file === undefined
      ? null
      : (await this.#context.readSecret(token_file)).trim();
    const tls = await readTls(this.#settings);
    const { setTransportFactory, nodeResolveHost, NatsConnectionImpl } = this.#library;
    // What the library's `connect` does, with sockets whose errors end no process.
    setTransportFactory({
      factory: () => transportOf(this.#library),
      dnsResolveFn: nodeResolveHost,
    });
    return await NatsConnectionImpl.connect({
      servers: [...hosts],
      name: "sightline",
      ...(user !== null && { user, pass: password ?? "" }),
      ...(token !== null && { token }),
      ...(scheme === "tls" && { tls }),
      // The outbox connects anew, and sends again what may not have arrived.
      reconnect: false,
      ignoreClusterUpdates: true,
    });
  }

  /** Makes the stream if no stream has the subject. */
  async #openStream(connection: NatsConnection): Promise<JetStreamClient> {
    const manager = await this.#library.jetstreamManager(connection);
    const subjects = [`${this.#subject}.>`];
    const hasStream = await manager.streams.find(`${this.#subject}.any.any`)
      .then(() => true, () => false);
    if (!hasStream) {
      await manager.streams.add({ name: this.#settings.stream ?? "sightline", subjects });
    }
    return this.#library.jetstream(connection);
  }

  /** `prefix.stream.type`; what means something in a subject is replaced. */
  #subjectOf({ stream, type }: SightlineEvent): string {
    const words = [stream, type].map((word) => plainText(word).replaceAll(/[.*>\s]/g, "_") || "_");
    return [this.#subject, ...words].join(".");
  }

  #headersOf(event: SightlineEvent) {
    const headers = this.#library.headers();
    for (
      const [name, value] of Object.entries(cloudEventAttributes(event, this.#context.publicUrl))
    ) {
      if (name !== "datacontenttype") headers.set(`ce-${name}`, value);
    }
    headers.set("content-type", "application/json");
    return headers;
  }
}

/**
 * The library takes all listeners off a socket that it closes or hands on; a reset which arrives then,
 * as behind a login that is refused, would be an error that nothing catches.
 */
function transportOf({ NodeTransport }: Library): InstanceType<typeof NodeTransport> {
  const transport = new NodeTransport();
  let current: Socket | undefined;
  const ignore = () => {};
  Object.defineProperty(transport, "socket", {
    get: () => current,
    set(socket: Socket | undefined) {
      current = socket;
      if (socket === undefined) return;
      const { removeAllListeners } = socket;
      socket.removeAllListeners = (...event: [event?: string | symbol]) => {
        removeAllListeners.apply(socket, event);
        return socket.on("error", ignore);
      };
      socket.on("error", ignore);
    },
  });
  return transport;
}

/** Larger than the server takes: so it will be the next time. */
function failureOf(error: unknown): unknown {
  const { name, message } = error as Error;
  return /max_payload|maximum payload|message size exceeds/i.test(`${name} ${message}`)
    ? new DeliveryError("refused", message, { cause: error })
    : error;
}
