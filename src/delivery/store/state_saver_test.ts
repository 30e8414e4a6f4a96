import { deepEqual, equal } from "node:assert/strict";
import type { DeadLetter, DeliveryState, LetterChanges } from "./delivery_store.ts";
import { StateSaver } from "./state_saver.ts";

/** A saver whose writes end when the test says so. */
function saverOf() {
  let state = 0;
  const writes: { state: number; changes: LetterChanges; end: PromiseWithResolvers<void> }[] = [];
  const told: unknown[] = [];
  const stop = new AbortController();
  const saver = new StateSaver({
    state: () => ++state as unknown as DeliveryState,
    save(state, changes) {
      const end = Promise.withResolvers<void>();
      writes.push({ state: state as unknown as number, changes, end });
      return end.promise;
    },
    onSaved: (isSaved) => told.push(isSaved),
    onError: (error) => told.push((error as Error).message),
    signal: stop.signal,
  });
  return { saver, writes, told, stop };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await null;
}

const letter = { reason: "no" } as DeadLetter;
const none = { refused: [], gone: [], refusedAgain: [] };

Deno.test("StateSaver writes together what has changed, and again what changes meanwhile", async () => {
  const { saver, writes, told } = saverOf();
  equal(saver.isSaving, false);
  saver.settled(2);
  saver.settled(3);
  saver.refused(letter);
  saver.gone([7, 8]);
  saver.refusedAgain(9, "still no");
  deepEqual([saver.isSaving, saver.unsaved, writes.length], [true, 5, 0]);
  await turns();
  equal(writes.length, 1);
  deepEqual(writes[0]!.changes, {
    refused: [letter],
    gone: [7, 8],
    refusedAgain: [{ number: 9, reason: "still no" }],
  });
  saver.settled(1);
  equal(saver.unsaved, 6);
  writes[0]!.end.resolve();
  await turns();
  deepEqual([writes.length, saver.unsaved, writes[1]!.state], [2, 1, 2]);
  deepEqual(writes[1]!.changes, none);
  writes[1]!.end.resolve();
  await saver.flush();
  await turns();
  deepEqual([saver.unsaved, saver.isSaving, writes.length], [0, false, 2]);
  deepEqual(told, [true, true, false]);
  saver.changed();
  await turns();
  equal(writes.length, 3);
  writes[2]!.end.resolve();
  await saver.flush();
});

Deno.test("StateSaver keeps what could not be written for the next attempt, and gives up at the end", async () => {
  const { saver, writes, told, stop } = saverOf();
  saver.settled(2);
  saver.refused(letter);
  saver.gone([7]);
  saver.refusedAgain(9, "no");
  await turns();
  saver.gone([8]);
  writes[0]!.end.reject(new Error("full"));
  await turns();
  equal(saver.unsaved, 0, "delivery goes on");
  deepEqual(told, ["full", false]);
  // The pause ends with the process; there is one more attempt.
  stop.abort();
  await turns();
  equal(writes.length, 2);
  deepEqual(writes[1]!.changes, {
    ...{ refused: [letter], gone: [7, 8], refusedAgain: [{ number: 9, reason: "no" }] },
  });
  writes[1]!.end.reject(new Error("still full"));
  await saver.flush();
  deepEqual(told.slice(2), ["still full", false, false]);
});
