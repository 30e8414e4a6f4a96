/** Failures that several backends share. */

import { hintFor } from "./hints.ts";
import { InferenceError, type InferenceReason } from "./inference.ts";

/** A request that `server` did not answer, or not well, in its own words or the system's. */
export function serverFailure(
  reason: InferenceReason,
  server: string,
  words: string,
  cause?: unknown,
): InferenceError {
  return new InferenceError(
    reason,
    `Cannot get an answer from model server ${server}: ${words}`,
    hintFor(reason, words),
    { cause },
  );
}

/** A request that whoever asked has given up. */
export function cancelledBy(signal: AbortSignal): InferenceError {
  return new InferenceError("cancelled", "Cannot finish the request: it was cancelled", "", {
    cause: signal.reason,
  });
}
