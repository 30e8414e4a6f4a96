import { InferenceError } from "../inference/inference.ts";
import { SourceError } from "../source/source.ts";

/** An error's words with its hint, in one line. */
export function describeFailure(error: unknown): string {
  if (error instanceof SourceError || error instanceof InferenceError) {
    return error.hint ? `${error.message}; ${error.hint}` : error.message;
  }
  return error instanceof Error ? error.message : String(error);
}
