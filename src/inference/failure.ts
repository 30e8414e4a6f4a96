/** Errors that several backends have in common. */

import { certificateWords } from "./certificate_words.ts";
import { hintFor } from "./hints.ts";
import { InferenceError, type InferenceReason } from "./inference.ts";
import { shorten } from "../log/shorten.ts";

/** A request that `server` did not answer, or not well, in its own words or the system's. */
export function serverFailure(
  reason: InferenceReason,
  server: string,
  words: string,
  cause?: unknown,
  hint?: string,
): InferenceError {
  const refused = certificateWords(words);
  return new InferenceError(
    reason,
    `Cannot get an answer from model server ${server}: ${refused?.words ?? words}`,
    hint ?? refused?.hint ?? hintFor(reason, words),
    { cause },
  );
}

/** An answer that came, and is not what it should be. */
export function unreadable(what: string, problem: string, cause?: unknown): InferenceError {
  return new InferenceError(
    "server_error",
    `Cannot read ${what}: ${shorten(problem)}`,
    "Check that --ovms_url names a model server of this protocol, and look into its log.",
    { cause },
  );
}

/** A request that its caller has given up. */
export function cancelledBy(signal: AbortSignal): InferenceError {
  return new InferenceError("cancelled", "Cannot finish the request: it was cancelled", "", {
    cause: signal.reason,
  });
}
