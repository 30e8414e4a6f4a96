/** One connection for all calls, and what ends it. */

import { deepEqual, equal, rejects } from "node:assert/strict";
import { DeliveryError } from "../destination.ts";
import { BrokerConnection, type Connector } from "./broker_connection.ts";

interface Fake {
  readonly number: number;
}

const never = new AbortController().signal;
const refused = new DeliveryError("refused", "too large");

/** Numbers its connections; `closed` tells which were closed, and why. */
function fake(more: Partial<Connector<Fake>> = {}) {
  const closed: [number, string][] = [];
  let count = 0;
  const connection = new BrokerConnection<Fake>({
    open: () => Promise.resolve({ number: ++count }),
    close: ({ number }, { message }) => void closed.push([number, message]),
    ...more,
  });
  const use = (error?: Error, signal = never) =>
    connection.use(signal, ({ number }) => error ? Promise.reject(error) : Promise.resolve(number));
  return { connection, closed, use };
}

Deno.test("BrokerConnection opens once for calls at the same time, and stays for later ones", async () => {
  const { use } = fake({ prepare: () => new Promise((resolve) => setTimeout(resolve)) });
  deepEqual(await Promise.all([use(), use()]), [1, 1]);
  equal(await use(), 1);
});

Deno.test("BrokerConnection ends with a call that fails, but not with a message that is refused", async () => {
  const { use, closed } = fake();
  await rejects(use(refused), refused);
  equal(await use(), 1);
  await rejects(use(new Error("reset")), /reset/);
  equal(await use(), 2);
  await rejects(use(new DeliveryError("unavailable", "no space")), /no space/);
  equal(await use(), 3);
  deepEqual(closed, [[1, "reset"], [2, "no space"]]);
});

Deno.test("BrokerConnection ends with a refused message where the broker's library asks for that", async () => {
  const { use, closed } = fake({ refusalEnds: true, failureOf: () => refused });
  await rejects(use(new Error("code 10")), refused);
  deepEqual(closed, [[1, "code 10"]]);
});

Deno.test("BrokerConnection is closed while it is prepared when its call gives up", async () => {
  const prepared = Promise.withResolvers<void>();
  const { use, closed, connection } = fake({
    prepare: () => prepared.promise,
    close: ({ number }, reason) => {
      closed.push([number, reason.message]);
      prepared.reject(reason);
    },
  });
  const giveUp = new AbortController();
  const used = use(undefined, giveUp.signal);
  while (connection.current === null) await Promise.resolve();
  giveUp.abort();
  await rejects(used, /no answer in time/);
  deepEqual(closed, [[1, "no answer in time"]]);
});

Deno.test("BrokerConnection: one that ended by itself is followed by another", async () => {
  const { use, closed } = fake({ isClosed: ({ number }) => number === 1 });
  equal(await use(), 1);
  equal(await use(), 2);
  equal(await use(), 2);
  deepEqual(closed, [[1, "the connection was closed"]]);
});

Deno.test("BrokerConnection.close() leaves a later connection alone", async () => {
  const { use, connection, closed } = fake();
  await use();
  const first = connection.current;
  await connection.close();
  equal(await use(), 2);
  await connection.close(new Error("late"), first);
  equal(connection.current?.number, 2);
  deepEqual(closed, [[1, "the connection was closed"]]);
});

Deno.test("BrokerConnection has a call wait until what comes before the first use is over", async () => {
  const prepared = Promise.withResolvers<void>();
  const { connection, use } = fake({ prepare: () => prepared.promise });
  const order: string[] = [];
  const first = use().then(() => order.push("first"));
  while (connection.current === null) await Promise.resolve();
  const second = use().then(() => order.push("second"));
  await new Promise((resolve) => setTimeout(resolve));
  order.push("prepared");
  prepared.resolve();
  await Promise.all([first, second]);
  deepEqual(order, ["prepared", "first", "second"]);
});

Deno.test("BrokerConnection stays when a call is given up that was over", async () => {
  const { use, closed } = fake();
  const controller = new AbortController();
  await use(undefined, controller.signal);
  controller.abort();
  equal(await use(), 1);
  deepEqual(closed, []);
});
