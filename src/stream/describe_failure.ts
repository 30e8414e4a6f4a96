/** Errors of any room as one line, with hint or place. */

import { isShippedPlugin } from "../assets.ts";
import { InferenceError } from "../inference/inference.ts";
import { withAdvice } from "../log/describe_error.ts";
import { SourceError } from "../source/source.ts";
import { UseCaseError } from "../use_case/use_case_error.ts";

/** An error's words with its hint, or where a plugin threw it, in one line. */
export function describeFailure(error: unknown): string {
  if (error instanceof SourceError || error instanceof InferenceError) {
    return withAdvice(error.hint ? `${error.message}; ${error.hint}` : error.message);
  }
  const [place] = placesOf(error);
  if (place !== undefined) return `${(error as Error).message}, at ${place}`;
  return withAdvice(error instanceof Error ? error.message : String(error));
}

/**
 * Where an author's plugin threw it, or what is its cause, innermost first; what ships is not for its
 * user to mend.
 */
export function placesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  if (!(error instanceof UseCaseError)) return placesOf(error.cause);
  return error.trace.filter((place) => {
    const [, file = ""] = /([^()]+?)(:\d+:\d+)?\)?$/.exec(place) ?? [];
    return !isShippedPlugin(file);
  });
}
