import { InferenceError } from "../inference/inference.ts";
import { withAdvice } from "../log/describe_error.ts";
import { SourceError } from "../source/source.ts";
import { UseCaseError } from "../use_case/use_case_error.ts";

/** An error's words with its hint, or where a plugin threw it, in one line. */
export function describeFailure(error: unknown): string {
  if (error instanceof SourceError || error instanceof InferenceError) {
    return withAdvice(error.hint ? `${error.message}; ${error.hint}` : error.message);
  }
  if (error instanceof UseCaseError && error.trace.length > 0) {
    return `${error.message}, at ${error.trace[0]}`;
  }
  return withAdvice(error instanceof Error ? error.message : String(error));
}
