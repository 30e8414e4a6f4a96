/** One stream of the configuration, with all that was opened for it. */

import type { Logger } from "@logtape/logtape";
import type { WatchedPlugin } from "../authoring/watched_plugin.ts";
import type { StreamConfig } from "../stream/settings.ts";
import { eventOfHappening, eventsOfRecord } from "../events/stream_events.ts";
import { maskUrl } from "../log/mask.ts";
import type { StreamMedia } from "../media/camera_media.ts";
import type { FrameTracer } from "../metrics/frame_tracer.ts";
import type { Inference } from "../inference/inference.ts";
import { hiddenPolygons, hidePolygons } from "../objects/hide_masks.ts";
import { Trails } from "../output/trails.ts";
import { Scene } from "../objects/scene.ts";
import { openTrackIds } from "../objects/track_ids.ts";
import type { AnalysisRecord } from "../sink/record.ts";
import { fanOut } from "../sink/fan_out.ts";
import type { Sink } from "../sink/sink.ts";
import { describeFailure } from "../stream/describe_failure.ts";
import { Health } from "../stream/health.ts";
import { StreamMonitor } from "../stream/monitor.ts";
import { Secondary } from "../stream/secondary.ts";
import { Stream } from "../stream/stream.ts";
import { unlessAborted } from "../unless_aborted.ts";
import { pluginName, pluginUrl } from "../use_case/modules/plugin_url.ts";
import type { Plugin } from "../use_case/plugin.ts";
import type { WebStream } from "../web/web_stream.ts";
import type { CameraShare } from "./cameras.ts";
import type { LoadingPlugins, StreamPlugins } from "./loading_plugins.ts";
import { PluginFailure } from "./plugin_failure.ts";
import type { SharedParts } from "./shared_parts.ts";

/** Events of one frame that are kept; the record has them all. */
const mostEventsOfRecord = 100;

/** How many crops of all frames may be asked about at once. */
const secondaryExecutors = 8;

/** What was opened for a stream, before its plugins are there. */
interface OpenParts {
  readonly plugins: LoadingPlugins;
  readonly camera: CameraShare;
  readonly inference: Inference;
  readonly sinks: readonly Sink[];
  readonly shared: SharedParts;
  readonly logger: Logger;
  readonly owned: AsyncDisposableStack;
}

/** A stream that runs once, until its end or until it is told to stop. */
export class RunningStream implements AsyncDisposable {
  readonly config: StreamConfig;
  readonly monitor: StreamMonitor;
  /** Null when there is no live view. */
  readonly web: WebStream | null;
  readonly #parts: OpenParts;
  readonly #owned: AsyncDisposableStack;
  readonly #stop = new AbortController();
  #stream: Stream | null = null;
  #running: Promise<void> | null = null;
  /** Whether everything ends, and not this stream alone. */
  #allEnd: AbortSignal | null = null;

  private constructor(config: StreamConfig, monitor: StreamMonitor, parts: OpenParts) {
    this.config = config;
    this.monitor = monitor;
    this.#parts = parts;
    this.#owned = parts.owned;
    const { view } = parts.camera;
    this.web = view && {
      name: config.name,
      status: () => monitor.status(),
      journal: () => monitor.health.journal.entries,
      plugin: () => ({
        failures: monitor.useCaseFailures,
        restarts: monitor.pluginRestarts,
        error: monitor.health.useCaseError,
      }),
      view,
      maxFrameAgeMs: config.maxFrameAgeMs,
      scene: config.scene,
    };
  }

  /**
   * Opens everything but what needs the plugins, which may still be loading; they are taken over,
   * whatever happens.
   * @throws {Error} for a sink
   */
  static async open(
    config: StreamConfig,
    plugins: LoadingPlugins,
    shared: SharedParts,
    logger: Logger,
  ): Promise<RunningStream> {
    await using opened = new AsyncDisposableStack();
    opened.use(plugins);
    const running: { stream?: RunningStream } = {};
    const stream = () => running.stream === undefined ? null : running.stream.#stream;
    const useCase = () => stream()?.useCase;
    const hidden = hiddenPolygons(config.scene?.objects.masks ?? []);
    const camera = opened.use(
      await shared.cameras.join(config, {
        draw: (picture, analysis) => {
          hidePolygons(picture, hidden);
          return useCase()?.visualize?.(picture, analysis);
        },
        // As long as it is not known what the use case draws, it may be one that hides faces.
        mustDraw: () => hidden.length > 0 || !useCase() || useCase()?.visualize !== undefined,
      }, logger),
    );
    const { view } = camera;
    const inference = opened.use(shared.models.open(config.inference, config));
    const sinks: Sink[] = [];
    for (const sink of config.sinks) sinks.push(opened.use(await shared.sinks.borrow(sink)).sink);
    for (const destination of config.destinations) {
      if (destination.sendsRecords) sinks.push(shared.recordSink(destination));
    }
    const source = maskUrl(config.source.url);
    const monitor = opened.use(
      new StreamMonitor({
        identity: {
          name: config.name,
          source,
          use_case: pluginName(config.useCase.module),
          model: inference.description,
        },
        logger,
        health: new Health(logger, source, {
          mask: shared.secrets.mask,
          onHappening: (type, ...told) =>
            shared.events.append(eventOfHappening(config.name, type, Date.now(), ...told)),
        }),
        drops: shared.drops,
        viewers: () => view?.viewers ?? 0,
        queueLength: () => stream()?.queueLength ?? 0,
        secondaryCounts: () => stream()?.secondaryCounts ?? null,
      }),
    );
    opened.use(shared.metrics.addStream(config.name, monitor));
    const owned = opened.move();
    const parts = { plugins, camera, inference, sinks, shared, logger, owned };
    return running.stream = new RunningStream(config, monitor, parts);
  }

  /**
   * Resolves at the end, and throws when it cannot go on. After `limit` nothing more is read, and
   * what was read is finished. Called once.
   */
  async run(stop: AbortSignal, limit: AbortSignal): Promise<void> {
    this.#allEnd = stop;
    this.#running = this.#run(AbortSignal.any([stop, this.#stop.signal]), limit);
    try {
      await this.#running;
    } catch (error) {
      this.monitor.health.failed(error);
      throw error;
    } finally {
      // Others of this camera need not wait for it.
      this.#parts.camera.leave();
    }
  }

  /** Stops it, then lets go of everything in reverse. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    // Its failure was reported by run().
    await this.#running?.catch(() => undefined);
    if (this.#allEnd?.aborted === false) this.#stream?.closeStays();
    await this.#owned.disposeAsync();
  }

  async #run(stop: AbortSignal, limit: AbortSignal): Promise<void> {
    const { health } = this.monitor;
    health.useCaseError = "The use case is being loaded";
    const over = AbortSignal.any([stop, limit]);
    const plugins = await unlessAborted(this.#parts.plugins.loaded, over).catch((error) => {
      if (over.aborted) return null;
      throw error;
    });
    if (plugins === null) return;
    health.useCaseError = null;
    const unusable = new AbortController();
    this.#stream = await this.#bringTogether(plugins, (failure) => unusable.abort(failure));
    await this.#stream.run(AbortSignal.any([stop, unusable.signal]), limit);
    unusable.signal.throwIfAborted();
  }

  async #bringTogether(
    plugins: StreamPlugins,
    onUnusable: (failure: PluginFailure) => void,
  ): Promise<Stream> {
    const { config, monitor } = this;
    const { camera, inference, sinks, shared, logger, owned } = this.#parts;
    const { secondary: plugin } = plugins;
    const secondary = openSecondary(config, plugin, shared, logger, owned, onUnusable);
    const useCases = config.useCase.watch
      ? owned.use(await watchPlugin(config, plugins.useCase, monitor.health, shared, logger))
      : plugins.useCase;
    const { events } = shared;
    const scene = config.scene && new Scene(
      config.name,
      pluginName(config.useCase.module),
      config.scene,
      await openTrackIds(events, config.name),
    );
    const media = this.#openMedia(scene);
    const trails = new Trails();
    const keepEvents = (record: AnalysisRecord) => {
      const drafts = eventsOfRecord(record);
      for (const draft of drafts.slice(0, mostEventsOfRecord)) events.append(draft);
      events.drop(Math.max(0, drafts.length - mostEventsOfRecord));
    };
    const records = fanOut(sinks, shared.onSinkError);
    return new Stream({
      config,
      limits: shared.limits,
      logger,
      inference,
      sinks: {
        ...records,
        async room() {
          await Promise.all([records.room(), camera.outputs?.room()]);
        },
        write(record) {
          keepEvents(record);
          records.write(record);
        },
      },
      monitor,
      scene,
      keepEvents,
      tellEvent: (draft) => events.append(draft),
      tracer: await openTracer(shared.traceSample, logger),
      secondary,
      view: {
        annotate(info, analysis) {
          camera.view?.annotate(info, analysis);
          camera.outputs?.annotate(info, trails.addTo(analysis, info.ptsMs));
        },
        skip: (stream, ptsMs) => camera.outputs?.skip(stream, ptsMs),
        async drain(signal) {
          if (camera.outputs === null) return;
          camera.leave();
          await camera.outputs.drain(config.name, signal);
        },
      },
      media,
      clock: camera.clock,
      openSource: (format) => camera.open(format),
      openUseCase: (request) => useCases.open({ ...request, binaryInput: config.binaryInput }),
    });
  }

  /** Packets and results of this stream for the pictures of its events; null when they have none. */
  #openMedia(scene: Scene | null): StreamMedia | null {
    const { camera, shared, owned } = this.#parts;
    const { name, media: { snapshots, clips } } = this.config;
    if (shared.media === null || camera.media === null) return null;
    const media = owned.use(camera.media.enter({
      stream: name,
      // What a use case asks for by itself is known when it asks.
      wantsPictures: clips !== null || scene !== null && snapshots.length > 0,
      clipBeforeMs: (clips?.before_s ?? 0) * 1000,
      best: () => scene?.best() ?? [],
    }));
    owned.use(shared.media.enter(name, media, this.config.media));
    return media;
  }
}

/** Loaded only when there is something to trace. */
async function openTracer(share: number, logger: Logger): Promise<FrameTracer | null> {
  if (share === 0) return null;
  const { FrameTracer } = await import("../metrics/frame_tracer.ts");
  const tracer = new FrameTracer(share);
  if (!tracer.isHeard) {
    logger.warn("No trace is exported for --trace_sample: set OTEL_DENO=true in the environment");
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
    start: () => shared.plugins.start(config.useCase, config.name, logger),
    describe: describeFailure,
    onError: (words) => health.useCaseError = words,
  });
}

/** Begins to wait for its model; everything goes into `owned`. */
function openSecondary(
  stream: StreamConfig,
  plugin: Plugin | null,
  { models }: SharedParts,
  logger: Logger,
  owned: AsyncDisposableStack,
  onUnusable: (failure: PluginFailure) => void,
): Secondary | null {
  const { secondary: config, maxFrameAgeMs } = stream;
  if (config === null || plugin === null) return null;
  const { sharing } = config;
  return owned.use(
    new Secondary(config, plugin.name, maxFrameAgeMs, {
      logger: logger.getChild("secondary"),
      inference: owned.use(
        models.open(config.inference, { executors: secondaryExecutors, sharing }),
      ),
      openUseCase: ({ model }) => plugin.open({ model, binaryInput: false }),
      onUnusable: (error) =>
        onUnusable(new PluginFailure({ stream, setting: "secondary.use_case" }, error)),
    }),
  );
}
