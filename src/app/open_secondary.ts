/** The secondary model of a stream, with its own plugin. */

import type { Logger } from "@logtape/logtape";
import type { StreamConfig } from "../config/resolved.ts";
import { Secondary } from "../stream/secondary.ts";
import { UseCaseError } from "../use_case/use_case_error.ts";
import { PluginFailure } from "./plugin_failure.ts";
import type { SharedParts } from "./shared_parts.ts";

/** How many crops of all frames may be asked about at once. */
const executors = 8;

/**
 * Starts its plugin, and begins to wait for its model; everything goes into `owned`.
 * @throws {PluginFailure}
 */
export async function openSecondary(
  stream: StreamConfig,
  { models, plugins }: SharedParts,
  logger: Logger,
  owned: AsyncDisposableStack,
): Promise<Secondary | null> {
  const { secondary: config, name, maxFrameAgeMs } = stream;
  if (config === null) return null;
  const own = logger.getChild("secondary");
  const plugin = owned.use(
    await plugins.start({ config: config.useCase, stream: name, logger: own }).catch((cause) => {
      if (!(cause instanceof UseCaseError)) throw cause;
      throw new PluginFailure({ stream, setting: "secondary.use_case" }, cause);
    }),
  );
  const { sharing } = config;
  return owned.use(
    new Secondary({
      config,
      logger: own,
      useCase: plugin.name,
      inference: owned.use(models.open(config.inference, { executors, sharing })),
      maxAgeMs: maxFrameAgeMs,
      openUseCase: ({ model }) => plugin.open({ model, binaryInput: false }),
    }),
  );
}
