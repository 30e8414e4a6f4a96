/** Events reach each kind of broker, the real one: all of them, in order, over outages, once where that is promised. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Redis } from "ioredis";
import pg from "pg";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { Consumer, type MessagesStream, stringDeserializers } from "@platformatic/kafka";
import { kafkaBroker } from "./support/go_tools.ts";
import {
  type Broker,
  reasonWithout,
  startKafka,
  startNats,
  startPostgres,
  startRedis,
} from "./support/with_brokers.ts";
import { killWhileDelivering } from "./support/kill_while_delivering.ts";
import { poll } from "./support/poll.ts";
import { withDelivery } from "./support/with_delivery.ts";

/** What a broker has: the stream and number of each event, in its order. */
type Got = { readonly id: string; readonly stream: string; readonly index: number }[];

interface BrokerCase {
  readonly name: string;
  readonly reason: string;
  start(): Promise<Broker>;
  url(port: number): string;
  read(port: number): Promise<Got>;
  /** An event that is sent again is recognised. */
  readonly isOnce: boolean;
  /** What it was given is gone when it ends. */
  readonly forgets?: boolean;
}

const cases: readonly BrokerCase[] = [
  {
    name: "redis",
    reason: await reasonWithout("redis-server"),
    start: () => startRedis(),
    url: (port) => `redis://127.0.0.1:${port}`,
    isOnce: false,
    async read(port) {
      const client = new Redis(port);
      try {
        const entries = await client.xrange("sightline", "-", "+");
        return entries.map(([, fields]) => toGot(fields[fields.indexOf("event") + 1]!));
      } finally {
        client.disconnect();
      }
    },
  },
  {
    name: "nats",
    reason: await reasonWithout("nats-server"),
    start: () => startNats(),
    url: (port) => `nats://127.0.0.1:${port}/cameras`,
    isOnce: true,
    async read(port) {
      const connection = await connect({ servers: `127.0.0.1:${port}` });
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
  },
  {
    name: "postgres",
    reason: await reasonWithout("postgres", "initdb"),
    start: () => startPostgres(),
    url: (port) => `postgres://sightline@127.0.0.1:${port}/postgres`,
    isOnce: true,
    async read(port) {
      const client = new pg.Client({
        host: "127.0.0.1",
        port,
        user: "sightline",
        database: "postgres",
      });
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
  },
  {
    name: "kafka",
    reason: (await kafkaBroker()).reason,
    start: () => startKafka(),
    url: (port) => `kafka://127.0.0.1:${port}/cameras`,
    isOnce: false,
    forgets: true,
    async read(port) {
      const consumer = new Consumer({
        groupId: crypto.randomUUID(),
        clientId: "test",
        bootstrapBrokers: [`127.0.0.1:${port}`],
        deserializers: stringDeserializers,
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
  },
];

function toGot(json: string): Got[number] {
  const { id, stream, data } = JSON.parse(json);
  return { id, stream, index: data?.index };
}

/** Without repetitions, in the order of first arrival, by stream. */
function indexes(got: Got, stream: string): number[] {
  return [...new Set(got.filter((event) => event.stream === stream).map(({ index }) => index))];
}

function expected(count: number, turn: number): number[] {
  return Array.from({ length: count / 2 }, (_, index) => 2 * index + turn);
}

for (const { name, reason, start, url, read, isOnce, forgets = false } of cases) {
  Deno.test({
    name: `${name}: every event, in order for each stream, over an outage and a restart${reason}`,
    ignore: reason !== "",
    async fn() {
      await using broker = await start();
      await withDelivery(url(broker.port), async ({ tell, drained }) => {
        await tell(1000);
        await drained();
        if (!forgets) {
          await broker.kill();
          await tell(500);
          await broker.start();
          await drained();
        }
        await tell(500);
        await drained();
        const got = await read(broker.port);
        const total = forgets ? 1500 : 2000;
        deepEqual(indexes(got, "a"), expected(total, 0));
        deepEqual(indexes(got, "b"), expected(total, 1));
        ok(got.length - total <= (isOnce ? 0 : 500), `${got.length - total} came twice`);
      });
    },
  });
}

for (const { name, reason, start, url, read, isOnce } of cases) {
  Deno.test({
    name: `${name}: nothing is lost when Sightline is killed, and the order holds${reason}`,
    ignore: reason !== "",
    async fn() {
      await using broker = await start();
      const { written, repeated } = await killWhileDelivering({
        sink: url(broker.port),
        kills: 2,
        window: 500,
        received: async () => (await read(broker.port)).map(({ id }) => id),
      });
      ok(written > 0);
      if (isOnce) equal(repeated, 0);
    },
  });
}

Deno.test({
  name: `a password that is wrong holds events back, which go when it was changed`,
  ignore: cases[0]!.reason !== "",
  async fn() {
    await using broker = await startRedis("--requirepass", "right");
    const passwordFile = `${broker.folder}/password`;
    await Deno.writeTextFile(passwordFile, "wrong\n");
    const given = { url: cases[0]!.url(broker.port), password_file: passwordFile, retry: ["0.1s"] };
    await withDelivery(given, async ({ tell, drained, outbox }) => {
      await tell(10);
      await poll("a failure", () => outbox.counts().failures > 0);
      const { lastError, delivered, waiting } = outbox.counts();
      match(lastError ?? "", /WRONGPASS|NOAUTH|invalid/i);
      equal(delivered, 0);
      equal(waiting, 10);
      await Deno.writeTextFile(passwordFile, "right\n");
      await drained();
      equal(outbox.counts().delivered, 10);
    });
  },
});
