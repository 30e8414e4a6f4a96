import { InferenceError } from "../inference/inference.ts";
import { withAdvice } from "../log/describe_error.ts";
import { SourceError } from "../source/source.ts";

/** An error's words with its hint, in one line. */
export function describeFailure(error: unknown): string {
  if (error instanceof SourceError || error instanceof InferenceError) {
    return withAdvice(error.hint ? `${error.message}; ${error.hint}` : error.message);
  }
  return withAdvice(error instanceof Error ? error.message : String(error));
}
