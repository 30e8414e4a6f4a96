import assert from "node:assert/strict";
import { AttemptGate } from "./attempt_gate.ts";

const never = new AbortController().signal;

Deno.test("AttemptGate lets so many in at once, the others in their order", async () => {
  const gate = new AttemptGate(2, 60_000);
  const first = await gate.enter(never);
  using _second = await gate.enter(never);
  const entered: string[] = [];
  const enter = async (name: string) => {
    const place = await gate.enter(never);
    entered.push(name);
    return place;
  };
  const [third, fourth] = [enter("third"), enter("fourth")];
  first?.[Symbol.dispose]();
  first?.[Symbol.dispose]();
  using _third = await third;
  assert.deepEqual(entered, ["third"]);
  _third?.[Symbol.dispose]();
  using _fourth = await fourth;
  assert.deepEqual(entered, ["third", "fourth"]);
});

Deno.test("AttemptGate lets go of who waits no longer, and takes places back in time", async () => {
  const gate = new AttemptGate(1, 30);
  await gate.enter(never);
  const stop = new AbortController();
  const given = gate.enter(stop.signal);
  const next = gate.enter(never);
  stop.abort();
  assert.equal(await given, null);
  assert.equal(await gate.enter(stop.signal), null);
  // The first place was not given back: it was held for so long.
  using place = await next;
  assert(place !== null);
});

/** For how long places are held at the most. */
async function holdsMs(gate: AttemptGate): Promise<unknown[]> {
  const { setTimeout } = globalThis;
  const delays: unknown[] = [];
  globalThis.setTimeout = ((wake: () => void, delayMs?: number) => {
    delays.push(delayMs);
    return setTimeout(wake, delayMs);
  }) as typeof setTimeout;
  try {
    using _place = await gate.enter(never);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  return delays;
}

Deno.test("AttemptGate has four places for each core, each held for a second, unless it is told otherwise", async () => {
  assert.deepEqual(await holdsMs(new AttemptGate()), [1000]);
  assert.deepEqual(await holdsMs(new AttemptGate(1, 70)), [70]);
  const gate = new AttemptGate();
  const places = 4 * navigator.hardwareConcurrency;
  const entered: unknown[] = [];
  const all = Array.from({ length: places + 1 }, () =>
    gate.enter(never).then((place) => {
      entered.push(place);
      return place;
    }));
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assert.equal(entered.length, places);
  (await all[0])![Symbol.dispose]();
  for (const place of await Promise.all(all)) place![Symbol.dispose]();
  // All are free again, and no more than there were.
  using _one = await gate.enter(never);
});
