import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { withFiles } from "../../../tests/support/with_files.ts";
import { Database } from "../../events/database.ts";
import type { SightlineEvent } from "../../events/event.ts";
import { type DeliveryState, DeliveryStore } from "./delivery_store.ts";

const none = { refused: [], gone: [], refusedAgain: [] };
const state: DeliveryState = {
  ...{ cursor: 3, settled: [5], head: 7, accepted: 4, delivered: 1, expired: 0, full: 0 },
  ...{ refused: 0, waitingBytes: 12, oldestAtMs: 1, lastError: null, disabled: null },
};

function refused(...ids: readonly string[]) {
  const at = "2026-11-29T12:00:00.000Z";
  return ids.map((id) => ({
    event: { id, type: "told", at, stream: "a", use_case: null, sequence: null } as SightlineEvent,
    reason: `${id} is bad`,
  }));
}

const idsOf = (letters: readonly { readonly event: SightlineEvent }[]) =>
  letters.map(({ event }) => event.id);

Deno.test("a store has the last state of each destination, and none of a new one", () => {
  using store = new DeliveryStore(":memory:");
  equal(store.load("d"), null);
  store.save("d", state, none);
  store.save("c", { ...state, head: 1 }, none);
  store.save("d", { ...state, head: 8 }, none);
  deepEqual(store.load("d"), { ...state, head: 8 });
  deepEqual(store.states(), [{ name: "c", ...state, head: 1 }, { name: "d", ...state, head: 8 }]);
});

Deno.test("letters come and go with a state: set aside, asked for, refused again, gone", () => {
  using store = new DeliveryStore(":memory:");
  const from = Date.now();
  store.save("d", state, { ...none, refused: refused("1", "2", "3") });
  store.save("c", state, { ...none, refused: refused("4") });
  deepEqual(idsOf(store.letters("d", 10)), ["3", "2", "1"]);
  deepEqual(idsOf(store.letters(null, 3)), ["4", "3", "2"]);
  deepEqual([...store.letterCounts()], [["c", 1], ["d", 3]]);
  const [{ refusedAtMs, ...letter }] = store.letters("c", 1) as [
    ReturnType<typeof store.letters>[0],
  ];
  deepEqual(letter, { number: 4, destination: "c", ...refused("4")[0] });
  ok(refusedAtMs >= from && refusedAtMs <= Date.now());

  deepEqual(store.takeLetters("d", { alsoTaken: true }), [], "none was requested");
  equal(store.retry("d"), 3);
  deepEqual([...store.letterCounts()], [["c", 1]]);
  deepEqual(idsOf(store.takeLetters("d", { alsoTaken: false })), ["1", "2", "3"]);
  equal(store.load("d")!.accepted, state.accepted + 3, "they count once more");
  deepEqual(store.takeLetters("d", { alsoTaken: false }), [], "they are taken once");
  // The next process takes them too, and does not count them again.
  deepEqual(idsOf(store.takeLetters("d", { alsoTaken: true })), ["1", "2", "3"]);
  equal(store.load("d")!.accepted, state.accepted + 3);

  const refusedAgain = [{ number: 2, reason: "still bad" }];
  store.save("d", state, { ...none, gone: [1], refusedAgain });
  deepEqual(store.letters("d", 10).map(({ number, reason }) => [number, reason]), [
    [2, "still bad"],
  ]);
  equal(store.retry(null), 2);
  deepEqual(idsOf(store.takeLetters("d", { alsoTaken: true })), ["3", "2"]);
  deepEqual(idsOf(store.takeLetters("c", { alsoTaken: true })), ["4"]);
});

Deno.test("letters of a destination without a state are taken as well", () => {
  using store = new DeliveryStore(":memory:");
  store.save("d", state, { ...none, refused: refused("1") });
  store.retry("d");
  // As after a power cut, of which the state was the victim.
  store.load = () => null;
  deepEqual(idsOf(store.takeLetters("d", { alsoTaken: false })), ["1"]);
  deepEqual(store.states(), [{ name: "d", ...state }]);
});

Deno.test("of a destination's letters the newest 10,000 are kept", () => {
  using store = new DeliveryStore(":memory:");
  const ids = Array.from({ length: 10_001 }, (_, index) => String(index));
  store.save("c", state, { ...none, refused: refused("c") });
  store.save("d", state, { ...none, refused: refused(...ids) });
  deepEqual([...store.letterCounts()], [["c", 1], ["d", 10_000]]);
  equal(store.letters("d", 20_000).at(-1)!.event.id, "1");
});

Deno.test("a disabled destination sends again when it is asked to, once", () => {
  const cases = [["d", [true, false, false]], [null, [true, true, false]]] as const;
  for (const [asked, enabled] of cases) {
    using store = new DeliveryStore(":memory:");
    store.save("c", { ...state, disabled: "gone" }, none);
    store.save("d", { ...state, disabled: "gone" }, none);
    store.save("e", state, none);
    deepEqual(["d", "c", "e"].map((name) => store.takeEnabled(name)), [false, false, false]);
    equal(store.retry(asked), 0);
    store.retry(asked);
    deepEqual(["d", "c", "e"].map((name) => store.takeEnabled(name)), enabled);
    equal(store.takeEnabled("d"), false);
  }
});

Deno.test("a file is opened again, read by others, and left alone when a newer Sightline wrote it", async () => {
  await withFiles({}, (directory) => {
    const path = `${directory}/deliveries.db`;
    throws(() => new DeliveryStore(path, { readOnly: true }), "it is not made by a reader");
    const first = new DeliveryStore(path);
    first.save("d", state, none);
    first[Symbol.dispose]();
    throws(() => first.load("d"), "it is closed");
    {
      using again = new DeliveryStore(path);
      deepEqual(again.load("d"), state);
    }
    {
      using reader = new DeliveryStore(path, { readOnly: true });
      deepEqual(reader.load("d"), state);
      throws(() => reader.save("d", state, none), /readonly/);
    }
    {
      using database = new Database(path, { readOnly: false });
      database.run("PRAGMA user_version = 2");
    }
    throws(() => new DeliveryStore(path), /has version 2, known is up to 1/);
    {
      using reader = new DeliveryStore(path, { readOnly: true });
      deepEqual(reader.load("d"), state);
    }
    return Promise.resolve();
  });
});
