/** One call of a destination, within its time. */

import type { Deadlines } from "../deadlines.ts";
import { DeliveryError } from "./destination.ts";
import { networkMessage } from "./network_message.ts";

/** What all attempts of a destination have in common. */
export interface AttemptLimits {
  readonly deadlines: Deadlines;
  /** Milliseconds that one may take. */
  readonly timeoutMs: number;
  /** Takes secrets out of a text. */
  mask(text: string): string;
}

/**
 * Resolves to why what was sent was not taken; null when it was. The signal aborts with the reason to
 * give it up. `onFailure` is called as soon as it is known to have failed, unless it was refused.
 */
export async function attempt(
  send: (signal: AbortSignal) => Promise<void>,
  { deadlines, timeoutMs, mask }: AttemptLimits,
  signal: AbortSignal,
  onFailure?: () => void,
): Promise<DeliveryError | null> {
  const over = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const abort = (reason: unknown) => {
    over.abort(reason);
    reject(reason);
  };
  const onEnd = () => abort(signal.reason);
  signal.addEventListener("abort", onEnd);
  const deadline = deadlines.watch(timeoutMs, () => {
    abort(new DeliveryError("unavailable", `no answer within ${timeoutMs / 1000} s`));
  });
  try {
    const sent = send(over.signal);
    // At once: nothing may be sent behind what has just failed, before it is known to have.
    sent.catch((error) => isRefusal(error) || onFailure?.());
    await Promise.race([sent, late]);
    return null;
  } catch (cause) {
    const error = cause instanceof DeliveryError ? cause : over.signal.reason ?? cause;
    if (error instanceof DeliveryError) {
      const { failure, retryAfterMs } = error;
      return new DeliveryError(failure, mask(error.message), { retryAfterMs, cause });
    }
    return new DeliveryError("unavailable", mask(networkMessage(error)), { cause });
  } finally {
    deadlines.meet(deadline);
    signal.removeEventListener("abort", onEnd);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof DeliveryError && error.failure === "refused";
}
