/** The one place that tries again. */

/** How long to wait between two attempts. */
export interface BackoffOptions {
  /** Milliseconds before the second attempt. @default {1000} */
  readonly firstMs?: number;
  /** Milliseconds at the most. @default {30000} */
  readonly maxMs?: number;
  /** 0…1, for the jitter. @default {Math.random} */
  readonly random?: () => number;
}

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
  sooner?(): AbortSignal | undefined;
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
      const sooner = options.sooner?.();
      await pause(retryInMs, sooner ? AbortSignal.any([signal, sooner]) : signal);
    }
  }
}

/**
 * Milliseconds to wait after the given number of failures in a row: doubling, and jittered by a
 * quarter either way, lest all cameras of a site come back in the same instant.
 */
export function backoffMs(
  inRow: number,
  { firstMs = 1_000, maxMs = 30_000, random = Math.random }: BackoffOptions = {},
): number {
  const plainMs = Math.min(maxMs, firstMs * 2 ** (inRow - 1));
  const jitteredMs = plainMs * (0.75 + random() / 2);
  return Math.round(Math.min(maxMs, Math.max(firstMs, jitteredMs)));
}

/** Resolves after so many milliseconds, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
    resolve();
  };
  const timer = setTimeout(wake, ms);
  signal.addEventListener("abort", wake);
  return promise;
}
