/** Events reach each kind of server, the real one: all of them, in order, whatever becomes of it; once where that is promised. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Redis } from "ioredis";
import { deliveryCases, firstArrivals, numbersTold } from "./support/delivery_cases.ts";
import { deliverOverFaults } from "./support/deliver_over_faults.ts";
import { noCertificates } from "./support/with_certificates.ts";
import { killWhileDelivering } from "./support/kill_while_delivering.ts";
import { poll } from "./support/poll.ts";
import { reasonWithout, startRedis } from "./support/with_brokers.ts";
import { withDelivery } from "./support/with_delivery.ts";

/** Those that keep what they get. */
const brokers = deliveryCases.filter(({ name }) => name !== "webhook" && name !== "mqtt");

for (const { name, reason, start, url, read, isOnce, forgets, window } of brokers) {
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
        const got = await read(broker);
        const total = forgets ? 1500 : 2000;
        deepEqual(firstArrivals(got, "a"), numbersTold(total, 0));
        deepEqual(firstArrivals(got, "b"), numbersTold(total, 1));
        ok(got.length - total <= (isOnce ? 0 : window), `${got.length - total} came twice`);
      });
    },
  });
}

for (const { name, reason, start, url, read, isOnce, window } of brokers) {
  Deno.test({
    name: `${name}: nothing is lost when Sightline is killed, and the order holds${reason}`,
    ignore: reason !== "",
    async fn() {
      await using broker = await start();
      const { written, repeated } = await killWhileDelivering({
        sink: url(broker.port),
        kills: 2,
        window,
        received: async () => (await read(broker)).map(({ id }) => id),
      });
      ok(written > 0);
      if (isOnce) equal(repeated, 0);
    },
  });
}

for (const kind of deliveryCases) {
  Deno.test({
    name: `${kind.name}: every event, in order, over a server that is frozen, a connection that ` +
      `falls silent, another password and an expired certificate${kind.reason}`,
    ignore: kind.reason !== "" || noCertificates !== null,
    async fn() {
      await deliverOverFaults(kind);
    },
  });
}

const redisReason = await reasonWithout("redis-server");

Deno.test({
  name:
    `redis: one that is full says why it takes nothing, and goes on when it is not${redisReason}`,
  ignore: redisReason !== "",
  async fn() {
    await using broker = await startRedis();
    const client = new Redis({ port: broker.port, host: "127.0.0.1" });
    const sink = { url: `redis://127.0.0.1:${broker.port}`, retry: ["0.2s"] };
    await withDelivery(sink, async ({ tell, drained, outbox }) => {
      await client.config("SET", "maxmemory", "1");
      await tell(10);
      await poll("it was refused", () => outbox.counts().failures > 0);
      match(outbox.counts().lastError!, /^OOM command not allowed/);
      await client.config("SET", "maxmemory", "0");
      await drained();
      equal(await client.xlen("sightline"), 10);
    });
    client.disconnect();
  },
});
