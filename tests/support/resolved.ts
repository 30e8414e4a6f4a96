/** Settings as they are resolved, where none of them is wrong. */

import assert from "node:assert/strict";
import type { Phrase } from "../../src/settings/problem.ts";
import { asFlag, sentence } from "../../src/settings/problem_line.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import type { ResolvedConfig } from "../../src/config/resolve_config.ts";
import type { StreamConfig } from "../../src/stream/settings.ts";

/** What a stream cannot do without. */
export const needed = { stream_url: "rtsp://camera/live", ovms_url: "ovms:9000", model_name: "m" };

/** All settings, with those of one stream. */
export function resolved(
  stream: Record<string, unknown>,
  process: Record<string, unknown> = {},
): ResolvedConfig {
  const { config, problems } = resolveConfig({ process, streams: [stream] });
  assert.deepEqual(problems, []);
  assert(config !== null);
  return config;
}

/** Those of one stream. */
export function resolvedStream(stream: Record<string, unknown>): StreamConfig {
  return resolved(stream).streams[0]!;
}

/** As the command line says it. */
export const asSentence = (notice: Phrase) => sentence(notice, asFlag);
