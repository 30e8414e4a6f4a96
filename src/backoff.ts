/** Exponential backoff with jitter, and the sleep between two attempts. */

/** How long to wait between two attempts. */
export interface BackoffOptions {
  /** Milliseconds before the second attempt. @default {1000} */
  readonly firstMs?: number;
  /** Milliseconds at the most. @default {30000} */
  readonly maxMs?: number;
  /** 0…1, for the jitter. @default {Math.random} */
  readonly random?: () => number;
}

/**
 * Milliseconds to wait after the given number of failures in a row: doubling, and jittered by a
 * quarter either way, so that cameras of a site do not all come back in the same instant.
 */
export function backoffMs(
  inRow: number,
  { firstMs = 1_000, maxMs = 30_000, random = Math.random }: BackoffOptions = {},
): number {
  const plainMs = Math.min(maxMs, firstMs * 2 ** (inRow - 1));
  const jitteredMs = plainMs * (0.75 + random() / 2);
  return Math.round(Math.min(maxMs, Math.max(firstMs, jitteredMs)));
}

/** Resolves to true after so many milliseconds, or to false at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const wake = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
    resolve(!signal.aborted);
  };
  const timer = setTimeout(wake, ms);
  signal.addEventListener("abort", wake);
  return promise;
}
