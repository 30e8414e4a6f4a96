import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import type { SightlineEvent } from "../events/event.ts";
import { DeliveryBooks, type DeliveryBounds } from "./delivery_books.ts";
import type { DeliveryState } from "./store/delivery_store.ts";
import { type Item, toItem } from "./lanes.ts";

const endless: DeliveryBounds = { maxAgeMs: Infinity, maxEvents: Infinity, maxBytes: Infinity };

function itemOf(seq: number | null, atMs = 0, bytes = 10, letter: number | null = null): Item {
  const event = { id: `${seq}`, at: new Date(atMs).toISOString() } as SightlineEvent;
  return toItem(seq, letter, { event, json: "x".repeat(bytes) });
}

/** Books into which so many events of the log have come. */
function booksWith(items: readonly Item[], bounds: Partial<DeliveryBounds> = {}): DeliveryBooks {
  const books = new DeliveryBooks({ ...endless, ...bounds }, {});
  for (const item of items) add(books, item);
  return books;
}

function add(books: DeliveryBooks, item: Item): void {
  books.accept(item.bytes);
  books.enter(item);
  books.head = books.readTo = item.seq!;
}

/** Counters of a state that are not 0. */
function counted(books: DeliveryBooks): Record<string, number> {
  const { accepted, delivered, expired, full, refused, waitingBytes } = books.state();
  const all = { accepted, delivered, expired, full, refused, waiting: books.waiting, waitingBytes };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0));
}

Deno.test("DeliveryBooks count what becomes of each event", () => {
  const items = [1, 2, 3, 4, 5].map((seq) => itemOf(seq));
  const books = booksWith(items);
  deepEqual(counted(books), { accepted: 5, waiting: 5, waitingBytes: 50 });
  for (const [index, how] of (["delivered", "expired", "full", "refused"] as const).entries()) {
    books.settle(items[index]!, how);
  }
  deepEqual(counted(books), {
    ...{ accepted: 5, delivered: 1, expired: 1, full: 1, refused: 1, waiting: 1 },
    waitingBytes: 10,
  });
  equal(books.refused, 1);
});

Deno.test("DeliveryBooks move their cursor over what is settled at the front alone", () => {
  const items = [4, 6, 7, 9].map((seq) => itemOf(seq, seq * 1000));
  const books = booksWith(items);
  const shown = () => {
    const { cursor, settled, oldestAtMs } = books.state();
    return { cursor, settled, oldestAtMs };
  };
  deepEqual(shown(), { cursor: 3, settled: [], oldestAtMs: 4000 });
  books.settle(items[1]!, "delivered");
  deepEqual(shown(), { cursor: 3, settled: [6], oldestAtMs: 4000 });
  books.settle(items[0]!, "delivered");
  deepEqual(shown(), { cursor: 6, settled: [], oldestAtMs: 7000 });
  for (const item of items.slice(2)) books.settle(item, "delivered");
  deepEqual(shown(), { cursor: 9, settled: [], oldestAtMs: null });
});

Deno.test("DeliveryBooks drop the oldest past a bound, and nothing at it", () => {
  const rows: [bounds: Partial<DeliveryBounds>, full: number, expired: number][] = [
    [{ maxEvents: 3 }, 0, 0],
    [{ maxEvents: 2 }, 1, 0],
    [{ maxEvents: 0 }, 3, 0],
    [{ maxBytes: 30 }, 0, 0],
    [{ maxBytes: 29 }, 1, 0],
    [{ maxBytes: 19 }, 2, 0],
    [{ maxAgeMs: 3000 }, 0, 0],
    [{ maxAgeMs: 2999 }, 0, 1],
    [{ maxAgeMs: 999 }, 0, 3],
    [{ maxAgeMs: 2999, maxEvents: 1 }, 1, 1],
  ];
  for (const [bounds, full, expired] of rows) {
    // They are 3, 2 and 1 seconds old.
    const books = booksWith([1, 2, 3].map((seq) => itemOf(seq, 1000 * seq)), bounds);
    equal(books.trim(4000), full + expired);
    const state = books.state();
    deepEqual([state.full, state.expired], [full, expired], JSON.stringify(bounds));
    equal(state.cursor, full + expired);
    equal(books.trim(4000), 0, "once");
  }
});

Deno.test("DeliveryBooks drop nothing that is under way", () => {
  const items = [1, 2, 3].map((seq) => itemOf(seq));
  items[0]!.state = "sent";
  const books = booksWith(items, { maxEvents: 1 });
  equal(books.trim(0), 2);
  deepEqual(items.map(({ state }) => state), ["sent", "settled", "settled"]);
  equal(books.state().cursor, 0);
});

Deno.test("DeliveryBooks count dead letters that are sent again, but not their bytes", () => {
  const books = booksWith([itemOf(5)]);
  const letter = itemOf(null, 500, 10, 1);
  books.accepted++;
  books.enter(letter);
  deepEqual(counted(books), { accepted: 2, waiting: 2, waitingBytes: 10 });
  equal(books.reconcile(), 0);
  deepEqual(counted(books), { accepted: 2, waiting: 2, waitingBytes: 10 });
  books.settle(letter, "delivered");
  const after = { accepted: 2, delivered: 1, waiting: 1, waitingBytes: 10 };
  deepEqual(counted(books), after);
  deepEqual(books.state().settled, [], "it is not of the log");
  equal(books.reconcile(), 0, "it is known no more");
  deepEqual(counted(books), after);
});

Deno.test("DeliveryBooks take what vanished from the log for dropped, once all is in memory", () => {
  const books = booksWith([itemOf(1), itemOf(2)]);
  books.accept(10);
  books.accept(10);
  equal(books.reconcile(), 2);
  deepEqual(counted(books), { accepted: 4, full: 2, waiting: 2, waitingBytes: 20 });
  // More came than was counted, as by another filter.
  books.enter(itemOf(3));
  equal(books.reconcile(), 0);
  deepEqual(counted(books), { accepted: 5, full: 2, waiting: 3, waitingBytes: 30 });
});

Deno.test("DeliveryBooks go on with another log, and still send what is in memory", () => {
  const items = [1, 2, 3].map((seq) => itemOf(seq));
  const books = booksWith(items);
  books.settle(items[1]!, "delivered");
  books.accept(10);
  books.beginAgain(100);
  deepEqual(items.map(({ seq }) => seq), [null, 2, null]);
  deepEqual(counted(books), {
    ...{ accepted: 4, delivered: 1, full: 1, waiting: 2, waitingBytes: 20 },
  });
  const { cursor, head, settled } = books.state();
  deepEqual([cursor, head, books.readTo, settled], [100, 100, 100, []]);
  add(books, itemOf(101));
  for (const item of [items[0]!, items[2]!]) books.settle(item, "delivered");
  equal(books.state().cursor, 100);
  equal(books.waiting, 1);
});

Deno.test("DeliveryBooks read up to 2,000 events at a time", () => {
  const books = booksWith(Array.from({ length: 1999 }, (_, index) => itemOf(index + 1)));
  equal(books.hasRoom, true);
  add(books, itemOf(2000));
  equal(books.hasRoom, false);
});

Deno.test("DeliveryBooks read on until 32 MB are in memory", () => {
  const items = [1, 2].map((seq) => itemOf(seq, 0, 16 << 20));
  const books = booksWith(items);
  equal(books.hasRoom, false);
  books.settle(items[0]!, "delivered");
  equal(books.hasRoom, true);
  // What an earlier process settled takes none.
  books.enter({ ...itemOf(3, 0, 16 << 20), state: "settled" });
  equal(books.hasRoom, true);
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("append" as const), n: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("send" as const), n: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("settle" as const), n: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("trim" as const), n: fc.nat(3000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), n: fc.nat(0) }) },
);
const ends = ["delivered", "refused"] as const;

Deno.test("DeliveryBooks are those of a naive list of events, over restarts too", () => {
  const bounds = fc.record({
    maxAgeMs: fc.constantFrom(500, Infinity),
    maxEvents: fc.constantFrom(2, 5, Infinity),
    maxBytes: fc.constantFrom(30, Infinity),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), bounds, (steps, bounds) => {
    /** All events there ever were, and what became of each. */
    const all: { item: Item; fate: string | null }[] = [];
    let books = new DeliveryBooks(bounds, {});
    let nowMs = 1000;
    const open = () => all.filter(({ fate }) => fate === null);
    for (const { kind, n } of steps) {
      if (kind === "append") {
        nowMs += 100;
        const item = itemOf(all.length + 1, nowMs, n);
        all.push({ item, fate: null });
        add(books, item);
      } else if (kind === "send") {
        const one = open()[n];
        if (one) one.item.state = "sent";
      } else if (kind === "settle") {
        const one = open()[n];
        if (!one) continue;
        one.fate = ends[n % 2]!;
        books.settle(one.item, ends[n % 2]!);
      } else if (kind === "trim") {
        nowMs += n;
        const before = open().length;
        const dropped = books.trim(nowMs);
        for (const one of open()) {
          const bytes = open().reduce((sum, { item }) => sum + item.bytes, 0);
          const isOver = open().length > bounds.maxEvents || bytes > bounds.maxBytes;
          const isExpired = nowMs - one.item.atMs > bounds.maxAgeMs;
          if (!isOver && !isExpired) break;
          if (one.item.state === "sent") continue;
          one.fate = isExpired ? "expired" : "full";
        }
        equal(dropped, before - open().length);
      } else {
        // As a process does that begins with what another one left.
        books.lastError = all.length % 2 === 0 ? null : `failure ${all.length}`;
        books.disabled = all.length % 3 === 0 ? null : `refusal ${all.length}`;
        const state: DeliveryState = JSON.parse(JSON.stringify(books.state()));
        books = new DeliveryBooks(bounds, state);
        // What waits is not in memory yet.
        deepEqual(books.state(), { ...state, oldestAtMs: null });
        for (const one of all.slice(state.cursor)) {
          const seq = one.item.seq!;
          const wasSettled = books.wasSettled(seq);
          equal(wasSettled, one.fate !== null, `${seq}`);
          one.item = itemOf(seq, one.item.atMs, one.item.bytes);
          // What is settled is entered as well: it is told apart until all before it are.
          if (wasSettled) one.item.state = "settled";
          books.enter(one.item);
          books.readTo = seq;
        }
        books.readTo = all.length;
        equal(books.reconcile(), 0);
      }
      const state = books.state();
      for (const fate of ["delivered", "refused", "expired", "full"] as const) {
        equal(state[fate], all.filter((one) => one.fate === fate).length, fate);
      }
      equal(state.accepted, all.length);
      equal(books.waiting, open().length);
      equal(state.waitingBytes, open().reduce((sum, { item }) => sum + item.bytes, 0));
      equal(state.oldestAtMs, open()[0]?.item.atMs ?? null);
      ok(all.slice(0, state.cursor).every(({ fate }) => fate !== null));
      const beyond = all.filter(({ item, fate }) => fate !== null && item.seq! > state.cursor);
      deepEqual(state.settled.toSorted((a, b) => a - b), beyond.map(({ item }) => item.seq));
    }
  }));
});
