/** Asks models and use cases what pictures they take. */

import type { Logger } from "@logtape/logtape";
import type { ResolvedConfig } from "../config/resolve_config.ts";
import type { StreamConfig } from "../stream/settings.ts";
import type { FrameFormat } from "../frame/frame.ts";
import { ModelPool } from "../inference/sharing/model_pool.ts";
import { ProcessGuard } from "../process_guard.ts";
import { describeFailure } from "../stream/describe_failure.ts";
import { PluginPool } from "../use_case/plugin_pool.ts";
import { childName } from "../log/child_name.ts";

/** What was answered. */
export interface Probed {
  /** By stream. */
  readonly formats: ReadonlyMap<string, FrameFormat>;
  /** One line for each stream that has none. */
  readonly failures: readonly string[];
}

/** A server that is away must not hold the answers of the others back for long. */
const timeoutMs = 10_000;

/** Opens each stream's model and plugin for as long as it takes, and no camera. */
export async function probeFormats(
  { streams }: ResolvedConfig,
  logger: Logger,
  signal: AbortSignal,
): Promise<Probed> {
  const formats = new Map<string, FrameFormat>();
  const failures: string[] = [];
  await using guard = new ProcessGuard();
  const models = new ModelPool(logger);
  const plugins = new PluginPool(logger, () => guard);
  for (const stream of streams) {
    try {
      formats.set(stream.name, await probe(stream, models, plugins, logger, signal));
    } catch (error) {
      failures.push(`${stream.name}: ${describeFailure(error)}`);
    }
  }
  return { formats, failures };
}

async function probe(
  stream: StreamConfig,
  models: ModelPool,
  plugins: PluginPool,
  logger: Logger,
  signal: AbortSignal,
): Promise<FrameFormat> {
  await using inference = models.open(stream.inference, stream);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const model = await inference.metadata({ signal: deadline });
  const own = logger.getChild(childName(stream.name));
  await using plugin = await plugins.start(stream.useCase, stream.name, own);
  await using useCase = await plugin.open({ model, binaryInput: stream.binaryInput });
  return useCase.format;
}
