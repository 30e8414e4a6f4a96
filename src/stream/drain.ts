/** Drains a stream at its end: work under way may finish within a grace period. */

import { pause } from "../backoff.ts";
import { whenAborted } from "../unless_aborted.ts";

/** Milliseconds that it may take to notice that it was aborted. */
const abortMs = 300;

/**
 * Waits for `work`. Once `stop` aborts, the work has `graceMs` left, is then aborted by `abort`, and
 * is left alone when even that does not end it, such as a plugin that never returns.
 */
export async function drain(
  work: Promise<unknown>,
  stop: AbortSignal,
  { graceMs, abort }: { readonly graceMs: number; readonly abort: () => void },
): Promise<void> {
  const done = new AbortController();
  const giveUp = async () => {
    await whenAborted(AbortSignal.any([stop, done.signal]));
    await pause(graceMs, done.signal);
    if (!done.signal.aborted) abort();
    await pause(abortMs, done.signal);
  };
  await Promise.race([work, giveUp()]);
  done.abort();
}
