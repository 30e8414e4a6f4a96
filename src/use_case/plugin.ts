/** A plugin that was looked at and started for one stream; use cases are made of it. */

import type { Logger } from "@logtape/logtape";
import { isShippedPlugin } from "../assets.ts";
import type { UseCaseConfig } from "../config/resolved.ts";
import type { ChildGuard } from "../process_guard.ts";
import type { UseCaseHost, UseCaseRequest } from "./host.ts";
import { cacheModules } from "./hosts/cache_modules.ts";
import { GuestHost } from "./hosts/guest_host.ts";
import { GuestSession, type GuestSessionOptions } from "./hosts/guest_session.ts";
import { guestSocketName, openProcessLink } from "./hosts/process_link.ts";
import { wouldPrompt } from "./hosts/prompts.ts";
import { openWorkerLink } from "./hosts/worker_link.ts";
import { pluginName } from "./modules/plugin_url.ts";
import { preparePlugin } from "./modules/prepare_plugin.ts";
import type { UseCaseError } from "./use_case_error.ts";

/** What is needed to start a plugin. */
export interface PluginOptions {
  readonly config: UseCaseConfig;
  /** Name of the stream. */
  readonly stream: string;
  readonly logger: Logger;
  readonly guard: ChildGuard;
}

/** A plugin whose module has run, within its confinement. */
export class Plugin implements AsyncDisposable {
  /** What it is called in records and log lines. */
  readonly name: string;
  readonly #options: PluginOptions;
  readonly #logger: Logger;
  readonly #moduleUrl: string;
  #isolation: UseCaseConfig["isolation"];
  /** Started to see whether the module is a plugin at all; the first use case is made in it. */
  #spare: GuestSession | null = null;
  #onEnd: (error: UseCaseError) => void = () => {};

  private constructor(name: string, moduleUrl: string, logger: Logger, options: PluginOptions) {
    this.name = name;
    this.#options = options;
    this.#logger = logger;
    this.#moduleUrl = moduleUrl;
    this.#isolation = options.config.isolation;
    // What ships with Sightline asks for nothing that could raise the question.
    const isOwn = isShippedPlugin(options.config.module);
    if (this.#isolation === "worker" && !isOwn && wouldPrompt()) {
      logger.info(
        "It runs in a process of its own: for a Worker, Deno would ask at this terminal what it " +
          "may do; deno run --no-prompt keeps it in a Worker",
      );
      this.#isolation = "process";
    }
  }

  /**
   * Starts a plugin.
   * @throws {UseCaseError} when it cannot be loaded, asks for what is not granted, or has no factory.
   */
  static async start(options: PluginOptions): Promise<Plugin> {
    const { config } = options;
    const name = pluginName(config.module);
    const logger = options.logger.getChild(name);
    const plugin = new Plugin(name, await preparePlugin(config, logger), logger, options);
    plugin.#spare = await plugin.#start((error) => plugin.#onEnd(error));
    return plugin;
  }

  /**
   * Makes a use case.
   * @throws {UseCaseError} when it refuses its options or cannot feed the model.
   */
  open(request: UseCaseRequest): Promise<UseCaseHost> {
    const { config: { options }, stream } = this.#options;
    const { model, binaryInput } = request;
    return GuestHost.open({
      name: this.name,
      request,
      logger: this.#logger,
      open: async (onEnd) => {
        const session = await this.#take(onEnd);
        try {
          return { session, ready: await session.load({ options, stream, model, binaryInput }) };
        } catch (error) {
          await session[Symbol.asyncDispose]();
          throw error;
        }
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spare?.[Symbol.asyncDispose]();
  }

  async #take(onEnd: (error: UseCaseError) => void): Promise<GuestSession> {
    const spare = this.#spare;
    this.#spare = null;
    if (!spare?.isAlive) return await this.#start(onEnd);
    this.#onEnd = onEnd;
    return spare;
  }

  async #start(onEnd: (error: UseCaseError) => void): Promise<GuestSession> {
    if (this.#isolation === "process") await cacheModules(this.#moduleUrl);
    return await GuestSession.start({
      name: this.name,
      timeoutMs: this.#options.config.timeoutMs,
      logger: this.#logger,
      onTimeout: this.#isolation === "process"
        ? "its process is killed"
        : "its Worker is ended, but a loop in it would keep a core busy until Sightline ends; " +
          "from now on it runs in a process of its own",
      openLink: this.#openLink,
      // A Worker that spins cannot be stopped, and the next one would cost the next core.
      onTimedOut: () => this.#isolation = "process",
      onEnd,
    });
  }

  readonly #openLink: GuestSessionOptions["openLink"] = (events) => {
    const { config: { module, granted, memoryMb }, stream, guard } = this.#options;
    const socketName = guestSocketName(stream, module);
    const moduleUrl = this.#moduleUrl;
    return this.#isolation === "process"
      ? openProcessLink({ moduleUrl, granted, memoryMb, guard, socketName }, events)
      : openWorkerLink({ moduleUrl, granted, memoryMb }, events);
  };
}
