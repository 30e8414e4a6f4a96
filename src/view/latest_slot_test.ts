import assert from "node:assert/strict";
import { LatestSlot } from "./latest_slot.ts";

Deno.test("LatestSlot gives a slow reader only the newest value", async () => {
  const slot = new LatestSlot<{ number: number }>();
  for (let number = 0; number < 5; number++) slot.put({ number });
  assert.deepEqual(await slot.take(), { number: 4 });
});

Deno.test("LatestSlot wakes a reader that waits", async () => {
  const slot = new LatestSlot<{ number: number }>();
  const taken = slot.take();
  slot.put({ number: 1 });
  assert.deepEqual(await taken, { number: 1 });
});

Deno.test("LatestSlot ends a reader that waits when it is closed", async () => {
  const slot = new LatestSlot<{ number: number }>();
  const taken = slot.take();
  slot.close();
  assert.equal(await taken, null);
  slot.put({ number: 1 });
  assert.equal(await slot.take(), null);
});
