/** Outbox while the clock of the machine is set. */

import { deepEqual, equal } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { poll } from "../../tests/support/poll.ts";
import { Deadlines } from "../deadlines.ts";
import type { NumberedEvent } from "../events/event.ts";
import { DeliveryError, type Message } from "./destination.ts";
import { Outbox } from "./outbox.ts";
import { openMemoryStore } from "./store/store_thread.ts";

const hourMs = 3_600_000;

Deno.test("a clock that is set back an hour drops nothing, and changes no order", async () => {
  const beginMs = Date.parse("2026-11-29T12:00:00Z");
  let nowMs = beginMs;
  let isAway = true;
  const log: NumberedEvent[] = [];
  const taken: string[] = [];
  using deadlines = new Deadlines();
  await using store = await openMemoryStore();
  await using outbox = await Outbox.open({
    name: "d",
    filter: {},
    bounds: { maxAgeMs: hourMs, maxEvents: 100, maxBytes: Infinity },
    retryMs: [1],
    timeoutMs: 10_000,
    log: {
      after: (seq, limit) => Promise.resolve(log.slice(seq, seq + limit)),
      lastSeq: () => Promise.resolve(log.length),
    },
    store,
    destination: {
      order: "batch",
      window: 10,
      batch: 10,
      send(messages: readonly Message[]) {
        if (isAway) return Promise.reject(new DeliveryError("unavailable", "away"));
        taken.push(...messages.map(({ event }) => event.id));
        return Promise.resolve();
      },
      check: () => Promise.resolve(""),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    deadlines,
    logger: getLogger("clock"),
    mask: (text) => text,
    now: () => nowMs,
  });
  const tell = (id: string) => {
    const at = new Date(nowMs).toISOString();
    const event = { id, type: "told", at, stream: "a", use_case: null, sequence: null };
    log.push({ seq: log.length + 1, event });
    outbox.accept([{ ...log.at(-1)!, json: JSON.stringify(event) }]);
  };
  outbox.begin();
  await poll("it has caught up", () => outbox.counts().head === 0);
  tell("1");
  await poll("it waits", () => outbox.counts().failures > 0 && outbox.counts().waiting === 1);
  nowMs -= hourMs;
  tell("2");
  await outbox.tick();
  equal(outbox.counts().oldestAgeMs, 0);
  nowMs += hourMs - 1;
  await outbox.tick();
  equal(outbox.counts().expired, 0);
  isAway = false;
  tell("3");
  await outbox.drain(AbortSignal.timeout(10_000));
  deepEqual(taken, ["1", "2", "3"]);
  // Once it is older by that clock, it is too old.
  isAway = true;
  tell("4");
  nowMs += hourMs + 1;
  await poll("it has expired", async () => {
    await outbox.tick();
    return outbox.counts().expired === 1;
  });
});
