import { deepEqual, equal, ok } from "node:assert/strict";
import { Deadlines } from "../deadlines.ts";
import { attempt } from "./attempt.ts";
import { DeliveryError } from "./destination.ts";

function begin(
  send: (signal: AbortSignal) => Promise<void>,
  { timeoutMs = 60_000, signal = new AbortController().signal } = {},
) {
  const deadlines = new Deadlines();
  let failures = 0;
  const mask = (text: string) => text.replaceAll("geheim", "***");
  const limits = { deadlines, timeoutMs, mask };
  const result = attempt(send, limits, signal, () => void failures++);
  return { result, failures: () => failures };
}

Deno.test("attempt() resolves to null when what was sent is taken", async () => {
  let given: AbortSignal | undefined;
  const { result, failures } = begin((signal) => {
    given = signal;
    return Promise.resolve();
  });
  equal(await result, null);
  deepEqual([failures(), given?.aborted], [0, false]);
});

Deno.test("attempt() tells why it was not, without what is secret", async () => {
  const refused = new DeliveryError("refused", "no geheim here", { retryAfterMs: 7 });
  const cases = [
    [refused, "refused", 7, "no *** here", 0],
    [new DeliveryError("disabled", "gone"), "disabled", null, "gone", 1],
    [new Error("connection to geheim lost"), "unavailable", null, "connection to *** lost", 1],
    ["geheim", "unavailable", null, "***", 1],
  ] as const;
  for (const [cause, failure, retryAfterMs, message, called] of cases) {
    const { result, failures } = begin(() => Promise.reject(cause));
    const error = await result;
    ok(error instanceof DeliveryError);
    deepEqual([error.failure, error.retryAfterMs, error.message], [failure, retryAfterMs, message]);
    equal(error.cause, cause);
    equal(failures(), called, "a refusal costs the message alone");
  }
});

Deno.test("attempt() gives up after its time, and tells the destination", async () => {
  let aborted: unknown;
  const { result } = begin((signal) => {
    signal.addEventListener("abort", () => aborted = signal.reason);
    return new Promise(() => {});
  }, { timeoutMs: 20 });
  const error = await result;
  deepEqual([error?.failure, error?.message], ["unavailable", "no answer within 0.02 s"]);
  ok(aborted instanceof DeliveryError);
});

Deno.test("attempt() ends when its signal does, for that reason, whatever the destination says", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const waits = begin(() => new Promise(() => {}), { signal });
  const told = begin((signal) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error("socket closed")));
    }), { signal });
  controller.abort(new DeliveryError("unavailable", "it was closed"));
  for (const { result } of [waits, told]) equal((await result)?.message, "it was closed");
});

Deno.test("attempt() fails without an onFailure, too", async () => {
  const limits = { deadlines: new Deadlines(), timeoutMs: 60_000, mask: (text: string) => text };
  const { signal } = new AbortController();
  const error = await attempt(() => Promise.reject(new Error("reset")), limits, signal);
  equal(error?.message, "reset");
});

Deno.test("attempt() gives nothing up that was taken before", async () => {
  const controller = new AbortController();
  let given: AbortSignal | undefined;
  const { result } = begin((signal) => {
    given = signal;
    return Promise.resolve();
  }, { signal: controller.signal });
  await result;
  controller.abort(new Error("it was closed"));
  equal(given?.aborted, false);
});
