import { ok } from "node:assert/strict";
import { InferenceError } from "../../src/inference/inference.ts";

/** The error of a request that has to fail. */
export async function failureOf(result: Promise<unknown>): Promise<InferenceError> {
  try {
    await result;
  } catch (error) {
    ok(error instanceof InferenceError, String(error));
    return error;
  }
  throw new Error("Cannot see a failure: the request succeeded");
}
