/** Outbox where its destination, its log or its store fails: what is sent then, and when. */

import { deepEqual, equal } from "node:assert/strict";
import { setTimeout as later } from "node:timers/promises";
import { collectLog } from "../../tests/support/log_lines.ts";
import { Deadlines } from "../deadlines.ts";
import type { NumberedEvent, SightlineEvent } from "../events/event.ts";
import { DeliveryError, type Message } from "./destination.ts";
import { Outbox, type OutboxOptions } from "./outbox.ts";
import type { DeliveryState, KeptLetter } from "./store/delivery_store.ts";

const hourMs = 3_600_000;

/** Everything that can be done at once is done. */
const settled = async () => {
  for (let turn = 0; turn < 5; turn++) await later(0);
};

/** An outbox of which the test ends each call, and each wait for the next attempt. */
async function begin(more: Partial<OutboxOptions> = {}, past = 0) {
  const log: NumberedEvent[] = [];
  const calls: { readonly ids: string[]; readonly end: (error?: Error) => void }[] = [];
  const waits: number[] = [];
  const store = { enabled: false, letters: [] as KeptLetter[], fails: false };
  let wake = () => {};
  const { setTimeout } = globalThis;
  const { random } = Math;
  const logged = collectLog("outbox");
  // Waits of seconds end when the test says so, and no chance is in them.
  globalThis.setTimeout = ((use: () => void, ms = 0) => {
    if (ms < 1000 || ms > hourMs / 2) return setTimeout(use, ms);
    waits.push(ms);
    wake = use;
    return setTimeout(() => {}, 0);
  }) as typeof setTimeout;
  Math.random = () => 0.5;
  const deadlines = new Deadlines();
  const eventOf = (seq: number, stream: string): SightlineEvent => {
    const at = new Date(0).toISOString();
    return { id: String(seq), type: "told", at, stream, use_case: null, sequence: null };
  };
  const write = (stream: string) => {
    const seq = log.length + 1;
    log.push({ seq, event: eventOf(seq, stream) });
    return { ...log.at(-1)!, json: JSON.stringify(log.at(-1)!.event) };
  };
  for (let count = 0; count < past; count++) write("a");
  const outbox = await Outbox.open({
    ...{ name: "d", filter: {}, retryMs: [10_000, 20_000, 40_000], timeoutMs: hourMs, deadlines },
    bounds: { maxAgeMs: Infinity, maxEvents: 10_000, maxBytes: Infinity },
    log: {
      after: (seq, limit) => Promise.resolve(log.slice(seq, seq + limit)),
      lastSeq: () => Promise.resolve(log.length),
    },
    store: {
      load: () => Promise.resolve(null),
      save: () => Promise.resolve(),
      takeLetters: () => {
        return store.fails
          ? Promise.reject(new Error("disk is gone"))
          : Promise.resolve(store.letters.splice(0));
      },
      takeEnabled: () => Promise.resolve(store.enabled),
    },
    destination: {
      ...{ order: "stream", window: 3, batch: 1, check: () => Promise.resolve("") },
      send(messages: readonly Message[]) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const ids = messages.map(({ event }) => event.id);
        calls.push({ ids, end: (error) => error ? reject(error) : resolve() });
        return promise;
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    logger: logged.logger,
    mask: (text) => text,
    ...more,
  });
  outbox.begin();
  await settled();
  return {
    ...{ outbox, waits, store, levelled: logged.levelled, eventOf },
    async tell(...streams: string[]) {
      outbox.accept(streams.map(write));
      await settled();
    },
    /** Ids of the calls that are under way. */
    sent: () => calls.flatMap(({ ids }) => ids),
    async end(error?: Error) {
      for (const call of calls.splice(0)) call.end(error);
      await settled();
    },
    async wake() {
      wake();
      await settled();
    },
    async [Symbol.asyncDispose]() {
      globalThis.setTimeout = setTimeout;
      Math.random = random;
      await outbox[Symbol.asyncDispose]();
      deadlines[Symbol.dispose]();
      logged[Symbol.dispose]();
    },
  };
}

const away = new DeliveryError("unavailable", "away");

Deno.test("calls that fail together are one failure, and after it one message goes ahead", async () => {
  await using world = await begin();
  const { outbox, waits, sent } = world;
  await world.tell("a", "b", "c", "d");
  deepEqual(sent(), ["1", "2", "3"], "as many as its window takes");
  await world.end(away);
  deepEqual(waits, [10_000]);
  const { failures, lastError, waiting } = outbox.counts();
  deepEqual([failures, lastError, waiting], [3, "away", 4]);
  await world.tell("e");
  deepEqual(sent(), [], "nothing is sent while it waits");
  for (const waitMs of [20_000, 40_000, 40_000]) {
    await world.wake();
    equal(sent().length, 1);
    await world.tell("f");
    equal(sent().length, 1);
    await world.end(away);
    equal(waits.at(-1), waitMs);
  }
  await world.wake();
  await world.end();
  deepEqual(sent().length, 3, "all go again once one is taken");
  equal(outbox.counts().lastError, null);
  // The next failure is a first one.
  await world.end(away);
  equal(waits.at(-1), 10_000);
  deepEqual(world.levelled.map((line) => line.replace(/after .* s;/, "after N s;")), [
    "error: d takes no events: away; 4 wait, next attempt in 10.0 s",
    "info: d takes events again after N s; 8 wait",
    "error: d takes no events: away; 7 wait, next attempt in 10.0 s",
  ]);
});

Deno.test("the wait before the next attempt is a quarter shorter or longer, or what the other side said", async () => {
  for (const [chance, waitMs] of [[0, 7500], [0.25, 8750], [1, 12_500]] as const) {
    await using world = await begin();
    Math.random = () => chance;
    await world.tell("a");
    await world.end(away);
    deepEqual(world.waits, [waitMs]);
  }
  await using world = await begin();
  await world.tell("a");
  await world.end(new DeliveryError("unavailable", "busy", { retryAfterMs: 5000 }));
  deepEqual(world.waits, [5000]);
});

Deno.test("a destination that wants no more is sent nothing until it is enabled", async () => {
  await using world = await begin();
  const { outbox, sent, store } = world;
  await world.tell("a");
  await world.end(new DeliveryError("disabled", "gone"));
  deepEqual([outbox.counts().disabled, world.waits], ["gone", []]);
  await world.tell("b");
  await outbox.tick();
  await settled();
  deepEqual(sent(), []);
  store.enabled = true;
  await outbox.tick();
  await settled();
  equal(outbox.counts().disabled, null);
  // One goes ahead.
  equal(sent().length, 1);
  await world.end();
  await world.end();
  deepEqual([outbox.counts().delivered, outbox.counts().waiting], [2, 0]);
  deepEqual(world.levelled, [
    "error: d wants no more events: gone; `deliveries retry` enables it again",
  ]);
});

Deno.test("letters that are asked for count as accepted, and go behind what waits", async () => {
  await using world = await begin();
  const { outbox, sent, store } = world;
  const event = world.eventOf(77, "b");
  store.letters.push({ ...{ number: 5, destination: "d", refusedAtMs: 0, reason: "bad" }, event });
  await outbox.tick();
  await settled();
  deepEqual([outbox.counts().accepted, outbox.counts().waiting, sent()], [1, 1, ["77"]]);
  await world.end();
  deepEqual([outbox.counts().delivered, outbox.counts().waiting], [1, 0]);
});

Deno.test("a store that fails is told of, and costs no event", async () => {
  await using world = await begin();
  const { outbox, sent, store } = world;
  store.fails = true;
  await outbox.tick();
  await world.tell("a");
  deepEqual(sent(), ["1"]);
  deepEqual(world.levelled, [
    "error: d: cannot read events, or keep what was delivered: disk is gone",
  ]);
});

Deno.test("an outbox that has ended asks for nothing more", async () => {
  const world = await begin();
  await world.tell("a");
  await world.end(away);
  await world[Symbol.asyncDispose]();
  const { outbox, store } = world;
  store.letters.push({} as KeptLetter);
  await outbox.tick();
  equal(store.letters.length, 1);
  await world.tell("b");
  deepEqual(world.sent(), []);
});

Deno.test("a log whose numbers begin anew is followed from its beginning", async () => {
  await using world = await begin({}, 5);
  const { outbox, sent } = world;
  equal(outbox.counts().head, 5, "a new destination begins with what comes");
  await world.tell("a");
  deepEqual([sent(), outbox.counts().head], [["6"], 6]);
  await world.end();
  const event = world.eventOf(3, "a");
  outbox.accept([{ seq: 3, event, json: JSON.stringify(event) }]);
  await settled();
  deepEqual([sent(), outbox.counts().head], [["3"], 3]);
  deepEqual(world.levelled, [
    "warning: d: another event log has begun; events that waited in the old one are lost",
  ]);
});

Deno.test("what waits is told by its age, and drained when it is gone", async () => {
  await using world = await begin({ now: () => 4000 });
  const { outbox } = world;
  await outbox.drain(AbortSignal.timeout(500));
  await world.tell("a");
  equal(outbox.counts().oldestAgeMs, 4000);
  let isOver = false;
  const drained = outbox.drain(new AbortController().signal).then(() => isOver = true);
  await settled();
  equal(isOver, false);
  await world.end();
  await drained;
  equal(outbox.counts().oldestAgeMs, 0);
  await world.tell("a");
  const controller = new AbortController();
  const aborted = outbox.drain(controller.signal);
  controller.abort();
  await aborted;
});

Deno.test("an outbox goes on where an earlier process was, over as many events as were written since", async () => {
  const state: DeliveryState = {
    ...{ cursor: 0, settled: [3], head: 4, accepted: 4, delivered: 1, expired: 0, full: 0 },
    ...{ refused: 0, waitingBytes: 0, oldestAtMs: null, lastError: null, disabled: null },
  };
  const sent: string[] = [];
  await using world = await begin({
    store: {
      load: () => Promise.resolve(state),
      save: () => Promise.resolve(),
      takeLetters: () => Promise.resolve([]),
      takeEnabled: () => Promise.resolve(false),
    },
    destination: {
      ...{ order: "batch", window: 6, batch: 6, check: () => Promise.resolve("") },
      send(messages) {
        sent.push(...messages.map(({ event }) => event.id));
        return new Promise(() => {});
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
  }, 1234);
  await settled();
  const { accepted, delivered, head } = world.outbox.counts();
  deepEqual({ accepted, delivered, head }, { accepted: 1234, delivered: 1, head: 1234 });
  deepEqual(sent, ["1", "2", "4", "5", "6", "7"]);
});
