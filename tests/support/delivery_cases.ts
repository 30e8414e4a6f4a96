/** Every kind of destination with its real server: how it is started, named, and what it got is read. */

import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { Consumer, type MessagesStream, stringDeserializers } from "@platformatic/kafka";
import { Redis } from "ioredis";
import mqtt from "mqtt";
import pg from "pg";
import { kafkaBroker } from "./go_tools.ts";
import {
  type Broker,
  type BrokerOptions,
  reasonWithout,
  type Secured,
  startKafka,
  startMosquitto,
  startNats,
  startPostgres,
  startRedis,
  startSecuredMosquitto,
  startWebhook,
} from "./with_brokers.ts";

/** What a server has got: the stream and number of each event, in its order. */
export type Got = { readonly id: string; readonly stream: string; readonly index: number }[];

/** A kind of destination. */
export interface DeliveryCase {
  readonly name: string;
  /** Behind the name of a test: why it is ignored; empty where its server is installed. */
  readonly reason: string;
  start(options?: BrokerOptions): Promise<Broker>;
  /** The sink; `s` behind the scheme, and so on, where it is secured. */
  url(port: number, isSecured?: boolean): string;
  /** Reads what came so far; its own repetitions included. */
  read(broker: Broker, secured?: Secured): Promise<Got>;
  /** An event that is sent again is recognised. */
  readonly isOnce: boolean;
  /** What it was given is gone when it is killed. */
  readonly forgets: boolean;
  /** Events that may come twice when a connection breaks. */
  readonly window: number;
  /** What it says of a wrong password. */
  readonly refusal: RegExp;
  /** The setting that names the file with the password, which stands behind `prefix` there. */
  readonly password?: { readonly setting: string; readonly prefix: string };
}

function toGot(json: string): Got[number] {
  const { id, stream, data } = JSON.parse(json);
  return { id, stream, index: data?.index };
}

const redis: DeliveryCase = {
  name: "redis",
  reason: await reasonWithout("redis-server"),
  start: startRedis,
  url: (port, isSecured) => `redis${isSecured ? "s" : ""}://127.0.0.1:${port}`,
  isOnce: false,
  forgets: false,
  window: 500,
  refusal: /WRONGPASS|NOAUTH|invalid/i,
  async read({ port }, secured) {
    const client = new Redis({
      port,
      ...secured && { password: secured.password, tls: { rejectUnauthorized: false } },
    });
    try {
      const entries = await client.xrange("sightline", "-", "+");
      return entries.map(([, fields]) => toGot(fields[fields.indexOf("event") + 1]!));
    } finally {
      client.disconnect();
    }
  },
};

const nats: DeliveryCase = {
  name: "nats",
  reason: await reasonWithout("nats-server"),
  start: startNats,
  url: (port, isSecured) => `${isSecured ? "tls://user@" : "nats://"}127.0.0.1:${port}/cameras`,
  isOnce: true,
  forgets: false,
  window: 250,
  refusal: /authorization/i,
  async read({ port }, secured) {
    const connection = await connect({
      servers: `127.0.0.1:${port}`,
      ...secured &&
        { user: "user", pass: secured.password, tls: { rejectUnauthorized: false } },
    });
    try {
      const manager = await jetstreamManager(connection);
      const got: Got = [];
      const info = await manager.streams.info("sightline").catch(() => null);
      if (info === null || info.state.messages === 0) return got;
      const { state } = info;
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage("sightline", { seq });
        got.push(toGot(message!.string()));
      }
      return got;
    } finally {
      await connection.close();
    }
  },
};

const postgres: DeliveryCase = {
  name: "postgres",
  reason: await reasonWithout("postgres", "initdb"),
  start: startPostgres,
  url: (port, isSecured) =>
    `postgres${isSecured ? "+tls://user" : "://sightline"}@127.0.0.1:${port}/postgres`,
  isOnce: true,
  forgets: false,
  window: 500,
  refusal: /password authentication failed/i,
  async read({ port, folder }) {
    // By its socket, which asks for no password.
    const client = new pg.Client({ host: folder, port, user: "sightline", database: "postgres" });
    // It may be starting yet.
    if (await client.connect().then(() => false, () => true)) return [];
    try {
      const { rows } = await client.query(
        "SELECT event::text AS event FROM sightline_events ORDER BY id",
      )
        .catch(() => ({ rows: [] }));
      return rows.map(({ event }: { event: string }) => toGot(event));
    } finally {
      await client.end();
    }
  },
};

const kafka: DeliveryCase = {
  name: "kafka",
  reason: (await kafkaBroker()).reason,
  start: startKafka,
  url: (port, isSecured) => `kafka${isSecured ? "s://user@" : "://"}127.0.0.1:${port}/cameras`,
  isOnce: false,
  forgets: true,
  window: 500,
  // kfake says nothing, and hangs up.
  refusal: /SASL|authentication|closed/i,
  async read({ port }, secured) {
    const consumer = new Consumer({
      groupId: crypto.randomUUID(),
      clientId: "test",
      bootstrapBrokers: [`127.0.0.1:${port}`],
      deserializers: stringDeserializers,
      ...secured && {
        tls: { rejectUnauthorized: false },
        sasl: { mechanism: "PLAIN", username: "user", password: secured.password },
      },
    });
    const got: Got = [];
    const offsets = await consumer.listOffsets({ topics: ["cameras"] }).catch(() => null);
    const total = Number((offsets?.get("cameras") ?? []).reduce((sum, end) => sum + end, 0n));
    if (total > 0) {
      const stream: MessagesStream<string, string, string, string> = await consumer.consume({
        topics: ["cameras"],
        mode: "earliest",
        maxWaitTime: 100,
      });
      for await (const { value } of stream) {
        got.push(toGot(value));
        if (got.length === total) break;
      }
    }
    await consumer.close(true);
    return got;
  },
};

/** What each broker's subscriber got: mosquitto itself keeps no messages. */
const subscribed = new WeakMap<Broker, Got>();

const mosquitto: DeliveryCase = {
  name: "mqtt",
  reason: await reasonWithout("mosquitto", "mosquitto_passwd"),
  async start({ secured } = {}) {
    const broker =
      await (secured === undefined ? startMosquitto() : startSecuredMosquitto(secured));
    const got: Got = [];
    let client: mqtt.MqttClient;
    const subscribe = async () => {
      client = await mqtt.connectAsync({
        protocol: secured === undefined ? "mqtt" : "mqtts",
        host: "127.0.0.1",
        port: broker.port,
        protocolVersion: 5,
        reconnectPeriod: 0,
        rejectUnauthorized: false,
        ...secured && { username: "user", password: secured.password },
      });
      client.on("error", () => undefined);
      client.on("message", (_topic, payload) => got.push(toGot(payload.toString())));
      await client.subscribeAsync("sightline/events/#", { qos: 1 });
    };
    await subscribe();
    const watched: Broker = {
      ...broker,
      // Its subscriber first: a retained session dies with the broker's memory.
      async start() {
        await broker.start();
        await subscribe();
      },
      async kill() {
        await broker.kill();
        client.end(true);
      },
      async [Symbol.asyncDispose]() {
        client.end(true);
        await broker[Symbol.asyncDispose]();
      },
    };
    subscribed.set(watched, got);
    return watched;
  },
  url: (port, isSecured) => `mqtt${isSecured ? "s://user@" : "://"}127.0.0.1:${port}`,
  isOnce: false,
  forgets: false,
  window: 20,
  refusal: /not authorized|bad user/i,
  read: (broker) => Promise.resolve([...subscribed.get(broker)!]),
};

const webhook: DeliveryCase = {
  name: "webhook",
  reason: "",
  start: startWebhook,
  url: (port, isSecured) => `webhook+http${isSecured ? "s" : ""}://127.0.0.1:${port}/hook`,
  isOnce: false,
  forgets: false,
  window: 16,
  refusal: /answered 401: not you/,
  password: { setting: "authorization_file", prefix: "Bearer " },
  async read({ folder }) {
    const text = await Deno.readTextFile(`${folder}/events`).catch(() => "");
    return text.split("\n").filter((line) => line !== "").map(toGot);
  },
};

/** In the order of their cost. */
export const deliveryCases: readonly DeliveryCase[] = [
  webhook,
  mosquitto,
  nats,
  redis,
  kafka,
  postgres,
];

/** Numbers of a stream's events in the order of their first arrival. */
export function firstArrivals(got: Got, stream: string): number[] {
  return [...new Set(got.filter((event) => event.stream === stream).map(({ index }) => index))];
}

/** Numbers that the events of one of two streams have, of so many told by turns. */
export function numbersTold(count: number, turn: number): number[] {
  return Array.from({ length: count / 2 }, (_, index) => 2 * index + turn);
}
