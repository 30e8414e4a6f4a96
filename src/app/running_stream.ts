/** One stream of the configuration with everything that was opened for it. */

import type { Logger } from "@logtape/logtape";
import type { WatchedPlugin } from "../authoring/watched_plugin.ts";
import type { StreamConfig } from "../config/resolved.ts";
import { maskUrl } from "../log/mask.ts";
import type { FrameTracer } from "../metrics/frame_tracer.ts";
import { fanOut } from "../sink/fan_out.ts";
import { Health } from "../stream/health.ts";
import { StreamMonitor } from "../stream/monitor.ts";
import { Stream } from "../stream/stream.ts";
import { pluginUrl } from "../use_case/modules/plugin_url.ts";
import type { Plugin } from "../use_case/plugin.ts";
import type { WebStream } from "../web/web_stream.ts";
import { openSecondary } from "./open_secondary.ts";
import type { SharedParts } from "./shared_parts.ts";

/** Starts the plugin of a stream, before anything else is opened for it. @throws {UseCaseError} */
export async function startPlugin(
  config: StreamConfig,
  shared: SharedParts,
  logger: Logger,
): Promise<Plugin> {
  return await shared.plugins.start({ config: config.useCase, stream: config.name, logger });
}

/** A stream that runs once, until its end or until it is told to stop. */
export class RunningStream implements AsyncDisposable {
  readonly config: StreamConfig;
  readonly monitor: StreamMonitor;
  /** Null when there is no live view. */
  readonly web: WebStream | null;
  readonly #stream: Stream;
  readonly #owned: AsyncDisposableStack;
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;

  private constructor(
    parts: Pick<RunningStream, "config" | "monitor" | "web">,
    stream: Stream,
    owned: AsyncDisposableStack,
  ) {
    ({ config: this.config, monitor: this.monitor, web: this.web } = parts);
    this.#stream = stream;
    this.#owned = owned;
  }

  /**
   * Opens everything; the plugin is taken over, whatever happens.
   * @throws {PluginFailure} for a secondary model's plugin; @throws {Error} for a sink
   */
  static async open(
    config: StreamConfig,
    plugin: Plugin,
    shared: SharedParts,
    logger: Logger,
  ): Promise<RunningStream> {
    await using opened = new AsyncDisposableStack();
    opened.use(plugin);
    const { limits } = shared;
    let stream: Stream | null = null;
    const camera = opened.use(
      await shared.cameras.join(config, {
        draw: (picture, analysis) => stream?.useCase?.visualize?.(picture, analysis),
        // As long as it is not known what the use case draws, it may be one that hides faces.
        mustDraw: () => !stream?.useCase || stream.useCase.visualize !== undefined,
      }, logger),
    );
    const { view } = camera;
    const secondary = await openSecondary(config, shared, logger, opened);
    const inference = opened.use(shared.models.open(config.inference, config));
    const sinks = [];
    for (const sink of config.sinks) sinks.push(opened.use(await shared.sinks.borrow(sink)).sink);
    const source = maskUrl(config.source.url);
    const monitor = opened.use(
      new StreamMonitor({
        identity: {
          name: config.name,
          source,
          use_case: plugin.name,
          model: inference.description,
        },
        logger,
        health: new Health({ logger, source }),
        drops: shared.drops,
        viewers: () => view?.viewers ?? 0,
      }),
    );
    if (secondary) monitor.secondaryCounts = () => secondary.counts;
    opened.use(shared.observatory.enterStream(config.name, monitor));
    const useCases = config.useCase.watch
      ? opened.use(await watchPlugin(config, plugin, monitor.health, shared, logger))
      : plugin;
    stream = new Stream({
      config,
      limits,
      logger,
      inference,
      sinks: fanOut(sinks, shared.onSinkTrouble),
      monitor,
      tracer: await openTracer(shared.traceSample, logger),
      secondary,
      view,
      openSource: (format) => camera.open(format),
      openUseCase: (request) => useCases.open({ ...request, binaryInput: config.binaryInput }),
    });
    const web = view &&
      {
        name: config.name,
        status: () => monitor.status(),
        journal: () => monitor.health.journal.entries,
        view,
      };
    return new RunningStream({ config, monitor, web }, stream, opened.move());
  }

  /**
   * Resolves at the end, and throws when it cannot go on. After `limit` nothing more is read, and
   * what was read is finished. Called once.
   */
  async run(stop: AbortSignal, limit: AbortSignal): Promise<void> {
    this.#running = this.#stream.run(AbortSignal.any([stop, this.#stop.signal]), limit);
    try {
      await this.#running;
    } catch (error) {
      this.monitor.health.failed(error);
      throw error;
    }
  }

  /** Stops it, then lets go of everything in reverse. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    // Whoever ran it has heard of its failure.
    await this.#running?.catch(() => undefined);
    await this.#owned.disposeAsync();
  }
}

/** Loaded only when there is something to trace. */
async function openTracer(share: number, logger: Logger): Promise<FrameTracer | null> {
  if (share === 0) return null;
  const { FrameTracer } = await import("../metrics/frame_tracer.ts");
  const tracer = new FrameTracer(share);
  if (!tracer.isHeard) {
    logger.warn("Nobody hears of frames for --trace_sample: set OTEL_DENO=true in the environment");
    return null;
  }
  return tracer;
}

async function watchPlugin(
  config: StreamConfig,
  plugin: Plugin,
  health: Health,
  shared: SharedParts,
  logger: Logger,
): Promise<WatchedPlugin> {
  const { WatchedPlugin } = await import("../authoring/watched_plugin.ts");
  return await WatchedPlugin.open({
    plugin,
    url: pluginUrl(config.useCase.module).href,
    logger,
    start: () => startPlugin(config, shared, logger),
    onTrouble: (words) => health.useCaseTrouble = words,
  });
}
