/** The secondary model of a stream, with its own plugin. */

import type { Logger } from "@logtape/logtape";
import type { StreamConfig } from "../stream/settings.ts";
import { Secondary } from "../stream/secondary.ts";
import type { Plugin } from "../use_case/plugin.ts";
import type { SharedParts } from "./shared_parts.ts";

/** How many crops of all frames may be asked about at once. */
const executors = 8;

/** Begins to wait for its model; everything goes into `owned`. */
export function openSecondary(
  { secondary: config, maxFrameAgeMs }: StreamConfig,
  plugin: Plugin | null,
  { models }: SharedParts,
  logger: Logger,
  owned: AsyncDisposableStack,
): Secondary | null {
  if (config === null || plugin === null) return null;
  const { sharing } = config;
  return owned.use(
    new Secondary({
      config,
      logger: logger.getChild("secondary"),
      useCase: plugin.name,
      inference: owned.use(models.open(config.inference, { executors, sharing })),
      maxAgeMs: maxFrameAgeMs,
      openUseCase: ({ model }) => plugin.open({ model, binaryInput: false }),
    }),
  );
}
