/** The thread of {@link ModuleParser}. */

import { UseCaseError } from "../use_case_error.ts";
import type { ParseAnswer } from "./module_parser.ts";
import { parseModule } from "./parse_module.ts";

/** A Worker's own side, of which TypeScript's library for pages knows nothing. */
const scope = globalThis as unknown as Pick<Worker, "onmessage" | "postMessage">;

scope.onmessage = ({ data: { url, source } }: MessageEvent<{ url: string; source: string }>) =>
  scope.postMessage(answer(url, source));

function answer(url: string, source: string): ParseAnswer {
  try {
    return { parsed: parseModule(url, source) };
  } catch (error) {
    if (!(error instanceof UseCaseError)) throw error;
    return { problem: error.message };
  }
}
