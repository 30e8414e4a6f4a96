/** The plugins of one stream, from the moment they begin to load. */

import type { Logger } from "@logtape/logtape";
import type { StreamConfig } from "../stream/settings.ts";
import type { UseCaseConfig } from "../use_case/settings.ts";
import type { Plugin } from "../use_case/plugin.ts";
import type { PluginPool } from "../use_case/plugin_pool.ts";
import { UseCaseError } from "../use_case/use_case_error.ts";
import { type Culprit, PluginFailure } from "./plugin_failure.ts";

/** Plugins that can be used. */
export interface StreamPlugins {
  readonly useCase: Plugin;
  /** Of the secondary model; null when there is none. */
  readonly secondary: Plugin | null;
}

/** Loads them side by side; they belong to the owner of this. */
export class LoadingPlugins implements AsyncDisposable {
  /** Rejects with a {@link PluginFailure} as soon as one cannot be loaded. */
  readonly loaded: Promise<StreamPlugins>;
  readonly #abort = new AbortController();
  readonly #plugins: readonly Promise<Plugin>[];

  constructor(stream: StreamConfig, pool: PluginPool, logger: Logger) {
    const { signal } = this.#abort;
    const { name, useCase, secondary } = stream;
    const start = (config: UseCaseConfig, setting: Culprit["setting"], logger: Logger) =>
      pool.start(config, name, logger, signal).catch((cause) => {
        throw cause instanceof UseCaseError ? new PluginFailure({ stream, setting }, cause) : cause;
      });
    const first = start(useCase, "use_case", logger);
    const second = secondary &&
      start(secondary.useCase, "secondary.use_case", logger.getChild("secondary"));
    this.#plugins = second === null ? [first] : [first, second];
    this.loaded = Promise.all([first, second])
      .then(([useCase, secondary]) => ({ useCase, secondary }));
    // The stream that runs it is told.
    this.loaded.catch(() => {});
  }

  /** Waits for nothing that is still under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    for (const started of await Promise.allSettled(this.#plugins)) {
      if (started.status === "fulfilled") await started.value[Symbol.asyncDispose]();
    }
  }
}
