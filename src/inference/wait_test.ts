import { equal, rejects } from "node:assert/strict";
import { timeIsUp, waitFor } from "./wait.ts";

Deno.test("waitFor() ends by signal or by time, and a later failure is not left unhandled", async () => {
  const unhandled: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", note);
  try {
    const [given, late] = [Promise.withResolvers<never>(), Promise.withResolvers<never>()];
    await rejects(waitFor(given.promise, { signal: AbortSignal.abort() }), { reason: "cancelled" });
    await rejects(waitFor(late.promise, { timeoutMs: 1 }), timeIsUp);
    for (const { reject } of [given, late]) reject(new Error("too late"));
    // Unhandled ones are told once the microtasks are done.
    await new Promise((resolve) => setTimeout(resolve, 0));
    equal(unhandled.length, 0);
    equal(await waitFor(Promise.resolve(7), { timeoutMs: 1000 }), 7);
  } finally {
    removeEventListener("unhandledrejection", note);
  }
});

Deno.test("waitFor() without a timeout waits as long as it takes", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  setTimeout(() => resolve(7), 20);
  equal(await waitFor(promise, {}), 7);
});
