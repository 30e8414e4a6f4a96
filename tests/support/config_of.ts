/** Configurations as the product completes them. */

import assert from "node:assert/strict";
import { resolveConfig, type ResolvedConfig } from "../../src/config/resolve_config.ts";

/** Settings of a stream, as a file has them. */
export type Settings = Readonly<Record<string, unknown>>;

/** What holds beside the streams' own settings. */
export interface ConfigAround {
  readonly process?: Settings;
  /** What all streams share; motion without a model is there already. */
  readonly shared?: Settings;
  /** The camera of every stream. @default {one of its own} */
  readonly camera?: string;
}

/** Streams by name; fails where anything is wrong. */
export function configOf(
  streams: Readonly<Record<string, Settings>>,
  { process = {}, shared = {}, camera }: ConfigAround = {},
): ResolvedConfig {
  const names = Object.keys(streams);
  const { config, problems } = resolveConfig({
    process,
    streams: names.map((stream_name) => ({
      stream_name,
      no_model: true,
      use_case: "plugins/motion.ts",
      ...shared,
      ...streams[stream_name],
    })),
    ...camera !== undefined && { cameras: names.map(() => camera) },
  });
  assert(config !== null, JSON.stringify(problems));
  return config;
}
