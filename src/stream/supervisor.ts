/** Retries an attempt with backoff: the only place that does. */

import { backoffMs, type BackoffOptions, pause } from "../backoff.ts";

/** What {@link supervise} is told of an attempt that failed. */
export interface Failure {
  readonly error: unknown;
  /** Failures in a row, this one included. */
  readonly inRow: number;
  /** Milliseconds until the next attempt. */
  readonly retryInMs: number;
}

/** Settings of {@link supervise}. */
export interface SuperviseOptions extends BackoffOptions {
  readonly signal: AbortSignal;
  /** Failures in a row before it gives up and throws the last one; 0 = never. */
  readonly limit: number;
  /** Called after each failure that is tried again. */
  onFailure(failure: Failure): void;
  /** Asked after `onFailure` for a signal that cuts the wait short. */
  retryNow?(): AbortSignal | undefined;
}

/**
 * Runs `attempt` until it returns, until the signal aborts, or until it failed `limit` times in a
 * row. An attempt calls `succeeded` when it works, which makes the next failure the first in a row.
 */
export async function supervise(
  attempt: (succeeded: () => void) => Promise<void>,
  options: SuperviseOptions,
): Promise<void> {
  const { signal, limit, onFailure } = options;
  let inRow = 0;
  while (!signal.aborted) {
    try {
      return await attempt(() => inRow = 0);
    } catch (error) {
      if (signal.aborted) return;
      inRow++;
      if (limit > 0 && inRow >= limit) throw error;
      const retryInMs = backoffMs(inRow, options);
      onFailure({ error, inRow, retryInMs });
      const retryNow = options.retryNow?.();
      await pause(retryInMs, retryNow ? AbortSignal.any([signal, retryNow]) : signal);
    }
  }
}
