import assert from "node:assert/strict";
import { Watchdog } from "./watchdog.ts";

Deno.test("Watchdog barks once it was not fed for its limit", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = performance.now();
  using watchdog = new Watchdog(50, resolve);
  watchdog.feed();
  await promise;
  assert.ok(performance.now() - start >= 49);
});

Deno.test("Watchdog is silent before it is fed, and while it rests", async () => {
  let barks = 0;
  using watchdog = new Watchdog(5, () => barks++);
  await new Promise((resolve) => setTimeout(resolve, 30));
  watchdog.feed();
  watchdog.rest();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(barks, 0);
});
