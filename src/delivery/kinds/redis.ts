/** `redis://…`, `rediss://…`: events appended to a Redis stream. */

import type { Redis as Client } from "ioredis";
import { integer, text } from "../../settings/setting.ts";
import type { ValuesOf } from "../../settings/setting.ts";
import { checkTls, readTls, tlsNeeds, tlsSettings } from "./broker_tls.ts";
import { BrokerConnection } from "./broker_connection.ts";
import { type BrokerUrl, parseServerUrl } from "./broker_url.ts";
import type { Destination, DestinationContext, DestinationKind, Message } from "../destination.ts";

const group = "Results and limits";
const urlAllowed = "must be redis://[user@]host[:6379][/database]";

const settings = {
  stream: text("the key of a stream, such as sightline", {
    group,
    value: "KEY",
    help: "key of the stream that events are appended to (sightline)",
  }),
  max_len: integer(1, Number.MAX_SAFE_INTEGER, {
    group,
    value: "N",
    help: "entries that the stream keeps, about (100000)",
  }),
  ...tlsSettings,
} as const;

type RedisSettings = ValuesOf<typeof settings>;

const defaults = { stream: "sightline", max_len: 100_000 };
/** Events of one transaction; the next is sent when it is taken, so that order holds. */
const batchSize = 500;

/** The kind; `kinds.ts` lists it. */
export const redis: DestinationKind<typeof settings> = {
  name: "redis",
  schemes: ["redis", "rediss"],
  example: "redis://host",
  settings,
  check(url, settings) {
    const parts = parse(url);
    return parts !== null && /^\d{0,5}$/.test(parts.path) ? checkTls(settings) : urlAllowed;
  },
  needs: (url, settings) => ({ net: parse(url)?.hosts ?? [], read: tlsNeeds(settings) }),
  async open(url, settings, context) {
    const { Redis } = await import("ioredis");
    return new RedisStream(Redis, parse(url)!, settings, context);
  },
};

function parse(url: string): BrokerUrl | null {
  return parseServerUrl(url, 6379);
}

class RedisStream implements Destination {
  readonly order = "batch";
  readonly window = batchSize;
  readonly batch = batchSize;
  readonly #Redis: typeof Client;
  readonly #url: BrokerUrl;
  readonly #settings: RedisSettings & typeof defaults;
  readonly #context: DestinationContext;
  readonly #connection = new BrokerConnection<Client>({
    open: () => this.#open(),
    prepare: connect,
    close: (client) => client.disconnect(),
    isClosed: ({ status }) => status !== "ready",
    failureOf,
  });

  constructor(
    Redis: typeof Client,
    url: BrokerUrl,
    settings: RedisSettings,
    context: DestinationContext,
  ) {
    this.#Redis = Redis;
    this.#url = url;
    this.#settings = { ...defaults, ...settings };
    this.#context = context;
  }

  async send(messages: readonly Message[], signal: AbortSignal): Promise<void> {
    const { stream, max_len } = this.#settings;
    await this.#connection.use(signal, async (client) => {
      const transaction = client.multi();
      for (const { event: { id, type, at, stream: camera }, json } of messages) {
        const fields = ["id", id, "type", type, "at", at, "stream", camera, "event", json];
        transaction.xadd(stream, "MAXLEN", "~", max_len, "*", ...fields);
      }
      throwFirst(await transaction.exec());
    });
  }

  async sendRecords(lines: readonly string[], signal: AbortSignal): Promise<void> {
    const { stream, max_len } = this.#settings;
    await this.#connection.use(signal, async (client) => {
      const transaction = client.multi();
      for (const line of lines) {
        transaction.xadd(`${stream}:records`, "MAXLEN", "~", max_len, "*", "record", line);
      }
      throwFirst(await transaction.exec());
    });
  }

  async check(signal: AbortSignal): Promise<string> {
    return await this.#connection.use(signal, async (client) => {
      const [, version = "?"] = /redis_version:(\S+)/.exec(await client.info("server")) ?? [];
      return `Redis ${version}`;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  async #open(): Promise<Client> {
    const { scheme, host, port, user, path } = this.#url;
    const password = await this.#context.password();
    return new this.#Redis({
      host,
      port,
      db: Number(path),
      ...(user !== null && user !== "" && { username: user }),
      ...(password !== null && { password }),
      ...(scheme === "rediss" && { tls: await readTls(this.#settings) }),
      connectionName: "sightline",
      lazyConnect: true,
      // The outbox tries again: what is sent here belongs to one connection.
      retryStrategy: null,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
    });
  }
}

async function connect(client: Client): Promise<void> {
  let reason: Error | null = null;
  client.on("error", (error: Error) => reason = error);
  try {
    await client.connect();
  } catch (error) {
    // "Connection is closed." says less than what closed it.
    throw reason ?? error;
  }
}

/** "EXECABORT Transaction discarded" says less than what made Redis discard it. */
function failureOf(error: unknown): unknown {
  const { previousErrors = [] } = error as { readonly previousErrors?: readonly unknown[] };
  return previousErrors[0] ?? error;
}

function throwFirst(results: [error: Error | null, result: unknown][] | null): void {
  const failed = results?.find(([error]) => error !== null)?.[0];
  if (failed) throw failed;
}
