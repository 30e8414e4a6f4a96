/** The error of a plugin that cannot be started, with the setting that names it. */

import type { StreamConfig } from "../stream/settings.ts";
import type { UseCaseError } from "../use_case/use_case_error.ts";

/** The plugin that is at fault, and where it was named. */
export interface Culprit {
  readonly stream: StreamConfig;
  readonly setting: "use_case" | "secondary.use_case";
}

/** Bad input: the plugin cannot be started. */
export class PluginFailure extends Error {
  override readonly name = "PluginFailure";
  constructor(readonly culprit: Culprit, cause: UseCaseError) {
    super(cause.message, { cause });
  }
}
