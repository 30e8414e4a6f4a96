/** Waits for a shared promise, with a timeout and a signal for each waiter. */

import { cancelledBy } from "./failure.ts";

/**
 * Milliseconds until a server must have answered anything on a new connection, TCP, TLS and the
 * protocol's beginning together. One that refuses is known at once; one under load takes its time.
 */
export const patienceMs = 5_000;

/** What {@link waitFor} rejects with when time is up. */
export const timeIsUp = new Error("time is up");

/**
 * What `answer` brings, unless the signal aborts or time is up before; the answer itself goes on.
 * @throws {InferenceError} `cancelled`
 */
export async function waitFor<T>(
  answer: Promise<T>,
  { signal, timeoutMs }: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number },
): Promise<T> {
  // An asker that has given up must not leave its failure unhandled, which would end the process.
  answer.catch(() => {});
  if (signal?.aborted) throw cancelledBy(signal);
  const ended = Promise.withResolvers<never>();
  const onAbort = () => ended.reject(cancelledBy(signal!));
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = timeoutMs === undefined
    ? undefined
    : setTimeout(() => ended.reject(timeIsUp), timeoutMs);
  try {
    return await Promise.race([answer, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
