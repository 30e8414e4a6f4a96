/** Plugins of all streams: those that are the same share a guest. */

import type { Logger } from "@logtape/logtape";
import type { UseCaseConfig } from "../config/resolved.ts";
import type { ChildGuard } from "../process_guard.ts";
import { Shared } from "../shared.ts";
import { startTimeoutMs } from "./hosts/guest_session.ts";
import { sharingKey } from "./hosts/sharing_key.ts";
import { SharedGuest } from "./hosts/shared_guest.ts";
import { startGuest } from "./hosts/start_guest.ts";
import { pluginName } from "./modules/plugin_url.ts";
import { type PreparedPlugin, preparePlugin } from "./modules/prepare_plugin.ts";
import { Plugin } from "./plugin.ts";

/** What all plugins have in common. */
export interface PluginPoolOptions {
  /** Takes what concerns no stream in particular. */
  readonly logger: Logger;
  /** For the process of a plugin. `stream`: null when several may share it. */
  guard(name: string, stream: string | null): ChildGuard;
}

/** A plugin for one stream. */
export interface PluginRequest {
  readonly config: UseCaseConfig;
  /** Name of the stream. */
  readonly stream: string;
  readonly logger: Logger;
}

/** Starts plugins; a guest ends with the last stream that has it. */
export class PluginPool {
  readonly #options: PluginPoolOptions;
  readonly #guests = new Shared<SharedGuest>((guest) => guest[Symbol.asyncDispose]());
  /** Under way, so that those who ask at once read the modules once. */
  readonly #preparing = new Map<string, Promise<PreparedPlugin>>();

  constructor(options: PluginPoolOptions) {
    this.#options = options;
  }

  /**
   * Starts a plugin for one stream, or joins those who have it.
   * @throws {UseCaseError} when it cannot be loaded, asks for what is not granted, or has no factory.
   */
  async start({ config, stream, logger }: PluginRequest): Promise<Plugin> {
    const startedAtMs = performance.now();
    const name = pluginName(config.module);
    const isOwn = config.sharing === "stream";
    const own = logger.getChild(name);
    const shared = isOwn ? own : this.#options.logger.getChild(name);
    const key = sharingKey(config, stream);
    const prepared = await this.#prepare(key, config, shared);
    const guest = this.#guests.lease(
      `${key} ${prepared.version}`,
      () =>
        new SharedGuest(
          startGuest({
            ...{ name, config, key, logger: shared, moduleUrl: prepared.url },
            guard: this.#options.guard(name, isOwn ? stream : null),
          }),
          shared,
        ),
    );
    try {
      await guest.item.start(Math.max(1, startTimeoutMs - (performance.now() - startedAtMs)));
      return new Plugin({ name, config, stream, logger: own, guest });
    } catch (error) {
      await guest[Symbol.asyncDispose]();
      throw error;
    }
  }

  #prepare(key: string, config: UseCaseConfig, logger: Logger): Promise<PreparedPlugin> {
    const underWay = this.#preparing.get(key);
    if (underWay !== undefined) return underWay;
    const preparing = preparePlugin(config, logger).finally(() => this.#preparing.delete(key));
    this.#preparing.set(key, preparing);
    return preparing;
  }
}
