/** The owner of everything: opens inference, sinks, streams and the live view, closes in reverse. */

import type { Logger } from "@logtape/logtape";
import type { WatchedPlugin } from "./authoring/watched_plugin.ts";
import type { ResolvedConfig, StreamConfig } from "./config/resolved.ts";
import { ModelPool } from "./inference/model_pool.ts";
import { RateLimitedReport } from "./log/dumper.ts";
import { maskUrl } from "./log/mask.ts";
import { fanOut } from "./sink/fan_out.ts";
import { openSink } from "./sink/open.ts";
import { openSource } from "./source/open.ts";
import { ProcessGuard } from "./process_guard.ts";
import { describe, Health } from "./stream/health.ts";
import { StreamMonitor } from "./stream/monitor.ts";
import { Stream } from "./stream/stream.ts";
import { summarize, type Summary } from "./stream/summary.ts";
import { pluginUrl } from "./use_case/modules/load.ts";
import { Plugin } from "./use_case/plugin.ts";
import { UseCaseError } from "./use_case/use_case_error.ts";
import type { StreamView } from "./view/stream_view.ts";
import type { WebStream } from "./web/server.ts";

/** How a run ended. */
export interface AppOutcome {
  /** 0: the source ended, a limit was reached, or it was stopped; 1: it cannot go on; 2: bad input. */
  readonly exitCode: 0 | 1 | 2;
  /** One line for the operator when the exit code is not 0. */
  readonly message?: string;
  /** What became of each stream that was begun. */
  readonly summaries: readonly Summary[];
}

/** A stream with what was opened for it. */
interface OpenStream {
  readonly stream: Stream;
  readonly monitor: StreamMonitor;
  readonly web: WebStream | null;
}

/** Runs every stream of the configuration until all have ended or the signal aborts. */
export async function runApp(
  config: ResolvedConfig,
  logger: Logger,
  signal: AbortSignal,
): Promise<AppOutcome> {
  const streams: OpenStream[] = [];
  const ending = await runToEnd(config, logger, signal, streams);
  // Last of all: by now every sink is closed, so nothing comes behind them on stdout.
  const summaries = streams.map(({ monitor }) => summarize(monitor.status().name, monitor));
  return { ...ending, summaries };
}

async function runToEnd(
  config: ResolvedConfig,
  logger: Logger,
  signal: AbortSignal,
  streams: OpenStream[],
): Promise<Omit<AppOutcome, "summaries">> {
  try {
    await using owned = new AsyncDisposableStack();
    const guard = owned.use(new ProcessGuard());
    // Before anything is opened: a plugin that cannot be loaded is bad input.
    const models = new ModelPool(logger.getChild("inference"));
    const shared = { config, logger, guard, models, owned, stop: new AbortController() };
    const plugins: Plugin[] = [];
    for (const stream of config.streams) plugins.push(await startPlugin(stream, shared));
    for (const [index, stream] of config.streams.entries()) {
      streams.push(await openStream(stream, plugins[index]!, shared));
    }
    if (config.visualizer) {
      const { startWeb } = await import("./web/server.ts");
      const web = await startWeb({
        ...config.visualizer,
        streams: streams.flatMap(({ web }) => web ?? []),
        logger: logger.getChild("visualizer"),
      });
      owned.use(web);
    }
    using limit = afterDuration(config.limits.durationMs);
    await runAll(streams, AbortSignal.any([signal, shared.stop.signal]), limit.signal);
    return { exitCode: 0 };
  } catch (error) {
    return { exitCode: error instanceof UseCaseError ? 2 : 1, message: describe(error) };
  }
}

/** What all streams share. */
interface Shared {
  readonly config: ResolvedConfig;
  readonly logger: Logger;
  readonly guard: ProcessGuard;
  readonly models: ModelPool;
  /** Whatever is opened goes in here, and is closed in reverse. */
  readonly owned: AsyncDisposableStack;
  /** Ends everything. */
  readonly stop: AbortController;
}

async function startPlugin(config: StreamConfig, shared: Shared): Promise<Plugin> {
  const { guard, owned } = shared;
  const logger = streamLogger(config, shared);
  const plugin = await Plugin.start({
    config: config.useCase,
    stream: config.name,
    logger,
    guard,
  });
  return owned.use(plugin);
}

async function watchPlugin(
  config: StreamConfig,
  plugin: Plugin,
  health: Health,
  shared: Shared,
): Promise<WatchedPlugin> {
  const { WatchedPlugin } = await import("./authoring/watched_plugin.ts");
  const { guard } = shared;
  const logger = streamLogger(config, shared);
  return await WatchedPlugin.open({
    plugin,
    url: pluginUrl(config.useCase.module).href,
    logger,
    start: () => Plugin.start({ config: config.useCase, stream: config.name, logger, guard }),
    onTrouble: (words) => health.useCaseTrouble = words,
  });
}

function streamLogger(config: StreamConfig, shared: Shared): Logger {
  const several = shared.config.streams.length > 1;
  return several ? shared.logger.getChild(config.name) : shared.logger;
}

async function openStream(
  config: StreamConfig,
  plugin: Plugin,
  shared: Shared,
): Promise<OpenStream> {
  const { guard, models, owned, stop } = shared;
  const { limits, visualizer } = shared.config;
  const logger = streamLogger(config, shared);
  const inference = owned.use(models.open(config.inference, config.executors));
  const sinkLogger = logger.getChild("sink");
  const trouble = owned.use(
    new RateLimitedReport((count, error: Error) => {
      sinkLogger.error("{message} ({count} times)", { message: error.message, count });
    }),
  );
  const onTrouble = (error: Error) => trouble.add(error);
  const sinks = [];
  for (const sink of config.sinks) {
    sinks.push(owned.use(await openSink(sink, { onTrouble, onGone: () => stop.abort() })));
  }

  const source = maskUrl(config.source.url);
  const monitor = owned.use(
    new StreamMonitor({
      identity: {
        name: config.name,
        source,
        use_case: plugin.name,
        model: inference.description,
      },
      logger,
      health: new Health({ logger, source }),
      viewers: () => view?.viewers ?? 0,
    }),
  );
  const useCases = config.useCase.watch
    ? owned.use(await watchPlugin(config, plugin, monitor.health, shared))
    : plugin;
  // Loaded only when there is a live view: drawing brings a picture codec with it.
  let view: StreamView | null = null;
  if (visualizer !== null) {
    const { StreamView } = await import("./view/stream_view.ts");
    view = owned.use(
      new StreamView({
        stream: config.name,
        logger: logger.getChild("visualizer"),
        guard,
        draw: (picture, analysis) => stream.useCase?.visualize?.(picture, analysis),
        mustDraw: () => stream.useCase?.visualize !== undefined,
      }),
    );
  }
  const stream: Stream = new Stream({
    config,
    limits,
    logger,
    inference,
    sinks: fanOut(sinks, onTrouble),
    monitor,
    view,
    openSource: (format) =>
      openSource({
        stream: config.name,
        config: config.source,
        format,
        logger: logger.getChild("stream_reader"),
        guard,
        tap: view?.tap,
      }),
    openUseCase: ({ model }) => useCases.open({ model, binaryInput: config.binaryInput }),
  });
  const web = view && { name: config.name, status: () => monitor.status(), view };
  return { stream, monitor, web };
}

/** Runs all streams; the first that cannot go on stops the others and is thrown. */
async function runAll(
  streams: readonly OpenStream[],
  signal: AbortSignal,
  limit: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  await Promise.all(streams.map(async ({ stream, monitor }) => {
    try {
      await stream.run(stop, limit);
    } catch (error) {
      monitor.health.failed(error);
      failed.abort();
      throw error;
    }
  }));
}

/** A signal that aborts after so many milliseconds; null = never. */
function afterDuration(durationMs: number | null): Disposable & { readonly signal: AbortSignal } {
  const limit = new AbortController();
  const timer = durationMs === null ? undefined : setTimeout(() => limit.abort(), durationMs);
  return { signal: limit.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
