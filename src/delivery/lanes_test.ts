import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import type { SightlineEvent } from "../events/event.ts";
import { type Item, Lanes, toItem } from "./lanes.ts";

function itemOf(seq: number | null, stream = "a", letter: number | null = null): Item {
  const event = { id: `${seq}`, stream, at: "2026-11-29T00:00:00.000Z" } as SightlineEvent;
  return toItem(seq, letter, { event, json: JSON.stringify(event) });
}

function lanesOf(order: "connection" | "stream" | "batch", batch: number, items: Item[]): Lanes {
  const lanes = new Lanes(order, batch);
  for (const item of items) lanes.push(item);
  return lanes;
}

const seqs = (items: readonly Item[] | null) =>
  items && items.map(({ seq, letter }) => seq ?? -letter!);
const count = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => itemOf(from + index));

Deno.test("Lanes of a connection give one call after the other, in order", () => {
  const lanes = lanesOf("connection", 2, count(1, 5));
  const calls = [lanes.take(9), lanes.take(9), lanes.take(1)];
  deepEqual(calls.map(seqs), [[1, 2], [3, 4], [5]]);
  equal(lanes.take(9), null);
  equal(lanes.underWay, 5);
  ok(calls[0]!.every(({ state }) => state === "sent"));
  lanes.done(calls[0]!);
  equal(lanes.underWay, 3);
  // The connection broke; what was sent first comes first again, whichever call ends first.
  lanes.putBack(calls[2]!);
  lanes.putBack(calls[1]!);
  equal(lanes.underWay, 0);
  ok(calls[1]!.every(({ state }) => state === "waiting"));
  deepEqual([lanes.take(9), lanes.take(9)].map(seqs), [[3, 4], [5]]);
});

Deno.test("Lanes put large events into calls of their own", () => {
  // 512 together go into one.
  const sizes = [1, 300, 211, 1, 600, 1, 1];
  const items = sizes.map((kb, index) => {
    return toItem(index, null, { ...itemOf(index).message, json: "x".repeat(kb << 10) });
  });
  const lanes = lanesOf("batch", 9, items);
  const calls: unknown[] = [];
  for (let call = lanes.take(9); call !== null; call = lanes.take(9)) {
    calls.push(seqs(call));
    lanes.done(call);
  }
  deepEqual(calls, [[0, 1, 2], [3], [4], [5, 6]]);
});

Deno.test("Lanes of streams have one call each under way, and take turns", () => {
  const items = [[1, "a"], [2, "a"], [3, "a"], [4, "b"], [5, "c"], [6, "b"]] as const;
  const lanes = lanesOf("stream", 2, items.map(([seq, stream]) => itemOf(seq, stream)));
  const calls = [lanes.take(9), lanes.take(9), lanes.take(9), lanes.take(9)];
  deepEqual(calls.map(seqs), [[1, 2], [4, 6], [5], null]);
  lanes.done(calls[0]!);
  lanes.push(itemOf(7, "d"));
  // Who was served goes behind the others.
  deepEqual(seqs(lanes.take(9)), [3]);
  deepEqual(seqs(lanes.take(9)), [7]);
});

Deno.test("Lanes of a batch have one call under way, with what has come meanwhile", () => {
  const lanes = lanesOf("batch", 3, [itemOf(1, "a"), itemOf(2, "b")]);
  const call = lanes.take(9)!;
  deepEqual(seqs(call), [1, 2]);
  for (const seq of [3, 4, 5, 6]) lanes.push(itemOf(seq));
  equal(lanes.take(9), null);
  lanes.done(call);
  deepEqual(seqs(lanes.take(9)), [3, 4, 5]);
});

Deno.test("Lanes leave out what was dropped while it waited", () => {
  const items = count(1, 4);
  const lanes = lanesOf("stream", 2, items);
  items[0]!.state = items[2]!.state = "settled";
  const call = lanes.take(9)!;
  deepEqual(seqs(call), [2, 4]);
  lanes.done(call);
  equal(lanes.take(9), null);
  // What is settled meanwhile stays so when it is put back.
  lanes.push(itemOf(5));
  const again = lanes.take(9)!;
  again[0]!.state = "settled";
  lanes.putBack(again);
  equal(lanes.take(9), null);
});

Deno.test("Lanes send letters behind what the log has, by their numbers", () => {
  for (const letters of [[1, 2, 3], [3, 2, 1], [2, 3, 1]]) {
    const items = letters.flatMap((letter, at) => [itemOf(null, "a", letter), itemOf(7 - at)]);
    const lanes = lanesOf("batch", 9, items);
    lanes.putBack(lanes.take(9)!);
    deepEqual(seqs(lanes.take(9)), [5, 6, 7, -1, -2, -3]);
  }
});

Deno.test("Lanes halve what was refused together, one call at a time, until one is left", () => {
  for (const order of ["connection", "stream", "batch"] as const) {
    const lanes = lanesOf(order, 5, count(1, 7));
    lanes.split(lanes.take(5)!);
    const first = lanes.take(9)!;
    deepEqual(seqs(first), [1, 2, 3]);
    equal(lanes.take(9), null, "what comes behind waits");
    lanes.split(first);
    const second = lanes.take(9)!;
    deepEqual(seqs(second), [1, 2]);
    lanes.split(second);
    const third = lanes.take(9)!;
    deepEqual(seqs(third), [1]);
    lanes.done(third);
    const fourth = lanes.take(9)!;
    deepEqual(seqs(fourth), [2]);
    lanes.done(fourth);
    // None of the others is suspected any more.
    deepEqual(seqs(lanes.take(9)), [3, 4, 5, 6, 7]);
  }
});

Deno.test("Lanes give each event again until it is done, and keep the order of each stream", () => {
  const order = fc.constantFrom("connection" as const, "stream" as const, "batch" as const);
  const streams = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 25 });
  const ends = fc.array(fc.constantFrom("done", "done", "putBack", "split"), { maxLength: 60 });
  fc.assert(
    fc.property(
      order,
      fc.integer({ min: 1, max: 4 }),
      streams,
      ends,
      (order, batch, streams, ends) => {
        const lanes = new Lanes(order, batch);
        const taken: number[] = [];
        const left = streams.map((stream, index) => itemOf(index + 1, stream));
        for (let turn = 0; taken.length < streams.length; turn++) {
          ok(turn < 1000, "it comes to an end");
          for (const item of left.splice(0, 2)) lanes.push(item);
          const calls: Item[][] = [];
          for (let call = lanes.take(3); call !== null; call = lanes.take(3)) calls.push(call);
          equal(lanes.underWay, calls.flat().length);
          if (order !== "connection") {
            const keys = calls.map(([item]) =>
              order === "stream" ? item!.message.event.stream : ""
            );
            equal(new Set(keys).size, keys.length);
          }
          // Where one fails, those behind it on the connection do too.
          let failed = false;
          for (const call of calls) {
            const end = failed && order === "connection" ? "putBack" : ends.shift() ?? "done";
            if (end === "done") {
              for (const item of call) item.state = "settled";
              taken.push(...call.map(({ seq }) => seq!));
              lanes.done(call);
            } else {
              failed = true;
              lanes[end as "putBack" | "split"](call);
            }
          }
          equal(lanes.underWay, 0);
        }
        deepEqual(taken.toSorted((a, b) => a - b), streams.map((_, index) => index + 1));
        for (const stream of ["a", "b", "c"]) {
          const ofStream = taken.filter((seq) => streams[seq - 1] === stream);
          deepEqual(ofStream, ofStream.toSorted((a, b) => a - b));
        }
      },
    ),
  );
});
