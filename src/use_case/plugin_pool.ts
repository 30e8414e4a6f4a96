/** The plugins of all streams; equal ones share a guest. */

import type { Logger } from "@logtape/logtape";
import type { UseCaseConfig } from "./settings.ts";
import type { ChildGuard } from "../process_guard.ts";
import { Shared } from "../shared.ts";
import { unlessAborted } from "../unless_aborted.ts";
import { startTimeoutOf } from "./hosts/guest_session.ts";
import { sharingKey } from "./hosts/sharing_key.ts";
import { SharedGuest } from "./hosts/shared_guest.ts";
import { startGuest } from "./hosts/start_guest.ts";
import { pluginName } from "./modules/plugin_url.ts";
import { type PreparedPlugin, preparePlugin } from "./modules/prepare_plugin.ts";
import { Plugin } from "./plugin.ts";
import { childName } from "../log/child_name.ts";

/** For the process of a plugin. `stream`: null when several may share it. */
export type GuardOf = (name: string, stream: string | null) => ChildGuard;

/** Reading modules, which ends when the last waiter has gone. */
interface Preparing {
  readonly prepared: Promise<PreparedPlugin>;
  readonly abort: AbortController;
  waiting: number;
}

/** Starts plugins; a guest ends with the last stream that has it. */
export class PluginPool {
  readonly #logger: Logger;
  readonly #guardOf: GuardOf;
  readonly #guests = new Shared<SharedGuest>((guest) => guest[Symbol.asyncDispose]());
  /** Under way, so that those who ask at once read the modules once. */
  readonly #preparing = new Map<string, Preparing>();

  /** `logger` takes what concerns no stream in particular. */
  constructor(logger: Logger, guardOf: GuardOf) {
    this.#logger = logger;
    this.#guardOf = guardOf;
  }

  /**
   * Starts a plugin for one stream, or joins those who have it, until the signal aborts.
   * @throws {UseCaseError} when it cannot be loaded, asks for what is not granted, or has no factory.
   */
  async start(
    config: UseCaseConfig,
    stream: string,
    logger: Logger,
    signal?: AbortSignal,
  ): Promise<Plugin> {
    const deadlineAtMs = performance.now() + startTimeoutOf(config.timeoutMs);
    const name = pluginName(config.module);
    const isOwn = config.sharing === "stream";
    const own = logger.getChild(childName(name));
    const shared = isOwn ? own : this.#logger.getChild(childName(name));
    const key = sharingKey(config, stream);
    const prepared = await this.#prepare(key, config, shared, signal);
    const guest = this.#guests.lease(`${key} ${prepared.version}`, () => {
      const guard = this.#guardOf(name, isOwn ? stream : null);
      return new SharedGuest(startGuest(config, prepared, key, shared, guard), shared);
    });
    try {
      const leftMs = Math.max(1, deadlineAtMs - performance.now());
      await unlessAborted(guest.item.start(leftMs), signal);
      return new Plugin(config, stream, own, guest);
    } catch (error) {
      await guest[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Streams that ask for the same at once read it once. */
  async #prepare(
    key: string,
    config: UseCaseConfig,
    logger: Logger,
    signal: AbortSignal | undefined,
  ): Promise<PreparedPlugin> {
    const underWay = this.#preparing.get(key) ?? this.#beginToPrepare(key, config, logger);
    underWay.waiting++;
    try {
      return await unlessAborted(underWay.prepared, signal);
    } finally {
      if (--underWay.waiting === 0) underWay.abort.abort();
    }
  }

  #beginToPrepare(key: string, config: UseCaseConfig, logger: Logger): Preparing {
    const abort = new AbortController();
    const prepared = preparePlugin(config, logger, abort.signal)
      .finally(() => this.#preparing.delete(key));
    const preparing = { prepared, abort, waiting: 0 };
    this.#preparing.set(key, preparing);
    return preparing;
  }
}
