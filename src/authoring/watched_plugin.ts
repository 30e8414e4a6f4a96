/** `--watch`: replaces a plugin by its new version when it is saved. */

import { isDeepStrictEqual } from "node:util";
import type { Logger } from "@logtape/logtape";
import type { FrameFormat } from "../frame/frame.ts";
import type { UseCaseHost, UseCaseRequest } from "../use_case/host.ts";
import type { Plugin } from "../use_case/plugin.ts";
import { ModuleWatch } from "./module_watch.ts";
import { SwappingHost } from "./swapping_host.ts";
import { childName } from "../log/child_name.ts";

/** What is needed to follow a plugin. */
export interface WatchedPluginOptions {
  /** The plugin as it stands; its starter disposes of it. */
  readonly plugin: Plugin;
  /** Its `file:` URL. */
  readonly url: string;
  readonly logger: Logger;
  /** Starts the plugin as it was saved. */
  start(): Promise<Plugin>;
  /** An error's words with the place in the plugin's source. */
  describe(error: unknown): string;
  /** Called with the reason why the newest version is not at work; null = it is. */
  onError(words: string | null): void;
}

/** Makes use cases as a {@link Plugin} does, and replaces them when it is saved. */
export class WatchedPlugin implements AsyncDisposable {
  readonly #options: WatchedPluginOptions;
  readonly #logger: Logger;
  #watch: ModuleWatch | null = null;
  #plugin: Plugin;
  /** The use case at work, with the request that it was made for. */
  #open: { readonly host: SwappingHost; readonly request: UseCaseRequest } | null = null;

  private constructor(options: WatchedPluginOptions) {
    this.#options = options;
    this.#plugin = options.plugin;
    this.#logger = options.logger.getChild(childName(options.plugin.name));
  }

  /** Follows the plugin from now on. */
  static async open(options: WatchedPluginOptions): Promise<WatchedPlugin> {
    const watched = new WatchedPlugin(options);
    watched.#watch = await ModuleWatch.open(
      options.url,
      watched.#logger,
      () => watched.#replace(),
    );
    return watched;
  }

  /**
   * Makes a use case of the newest version that works.
   * @throws {UseCaseError}
   */
  async open(request: UseCaseRequest): Promise<UseCaseHost> {
    const host = new SwappingHost(await this.#plugin.open(request), request.onReplaced);
    this.#open = { host, request };
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]();
    await this.#leave(this.#plugin);
  }

  /** Starts what was saved, makes a use case of it, and only then lets go of the former. */
  async #replace(): Promise<void> {
    const { start, describe, onError } = this.#options;
    const open = this.#open;
    let plugin: Plugin | undefined;
    let host: UseCaseHost | null;
    try {
      plugin = await start();
      host = open && await plugin.open(open.request);
    } catch (error) {
      await plugin?.[Symbol.asyncDispose]();
      const words = describe(error);
      this.#logger.error("It was saved, its former version goes on: {words}", { words });
      onError(`The use case was saved, its former version goes on: ${words}`);
      return;
    }
    const former = this.#plugin;
    this.#plugin = plugin;
    if (open !== null && host !== null) await this.#use(host, open.host);
    await this.#leave(former);
    onError(null);
  }

  /**
   * A swap rather than a restart: frames under way are finished by the version that prepared them,
   * so that none is lost, and the source goes on. Only one that wants other frames or outputs, or to be
   * told of streams to a graph where it was not before, needs the source to start again.
   */
  async #use(host: UseCaseHost, current: SwappingHost): Promise<void> {
    if (!current.stale.aborted && current.isLike(host)) {
      current.swap(host);
      this.#logger.info("It was saved: the new version takes over with the next frame");
      return;
    }
    const { format } = host;
    const wants = isDeepStrictEqual(format, current.format)
      ? "other outputs of the model, or another way to ask it"
      : describeFormat(format);
    // The stream has one made of the newest version when its source starts.
    await host[Symbol.asyncDispose]();
    current.expire();
    this.#logger.info("It was saved: the source starts again, as the new version wants {wants}", {
      wants,
    });
  }

  /** The first one belongs to its starter. */
  async #leave(plugin: Plugin): Promise<void> {
    if (plugin !== this.#options.plugin) await plugin[Symbol.asyncDispose]();
  }
}

function describeFormat({ width, height, pixelFormat, fit }: FrameFormat): string {
  const size = width === undefined && height === undefined
    ? "the camera's size"
    : `${width ?? "?"}×${height ?? "?"}`;
  return `${size} ${pixelFormat}${fit === "letterbox" ? ", letterboxed" : ""}`;
}
