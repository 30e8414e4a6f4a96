/** The owner of all parts: opens them, exchanges streams with a new configuration, closes in reverse. */

import { join } from "node:path";
import type { Logger } from "@logtape/logtape";
import { describeChange, diffConfig } from "../config/diff_config.ts";
import type { ResolvedConfig } from "../config/resolve_config.ts";
import type { StreamConfig } from "../stream/settings.ts";
import { EventLog } from "../events/event_log.ts";
import { Deliveries } from "../delivery/deliveries.ts";
import { EventMedia, noMedia } from "../media/event_media.ts";
import { ModelPool } from "../inference/sharing/model_pool.ts";
import { childName } from "../log/child_name.ts";
import { SecretMask } from "../log/secret_mask.ts";
import { RateLimitedReport } from "../log/rate_limited_report.ts";
import { ProcessGuard } from "../process_guard.ts";
import { SharedSinks } from "../sink/shared_sinks.ts";
import type { SinkTotals } from "../sink/sink_totals.ts";
import { describeFailure } from "../stream/describe_failure.ts";
import { DropReport } from "../stream/drop_report.ts";
import type { StreamStatus } from "../stream/status.ts";
import { summarize, type Summary } from "../stream/summary.ts";
import { PluginPool } from "../use_case/plugin_pool.ts";
import { MetricsRegistry } from "../web/prometheus/metrics_registry.ts";
import type { WebStream } from "../web/web_stream.ts";
import { Cameras } from "./cameras.ts";
import { LoadingPlugins } from "./loading_plugins.ts";
import { PluginFailure } from "./plugin_failure.ts";
import { RunningStream } from "./running_stream.ts";
import type { SharedParts } from "./shared_parts.ts";

/** A stream that cannot go on. */
export interface StreamFailure {
  readonly config: StreamConfig;
  readonly error: unknown;
}

/** Milliseconds at the end, unless a signal hurries it, until destinations have what waits. */
const drainMs = 10_000;

/** Runs the streams of a configuration, and takes up a new configuration while they run. */
export class App implements AsyncDisposable {
  readonly #logger: Logger;
  readonly #owned: AsyncDisposableStack;
  readonly #deliveries: Deliveries;
  readonly #shared: SharedParts;
  readonly #stop = new AbortController();
  /** Abort when the end waits for no slow reader of records, and when it waits for no stopped one. */
  readonly #hurry = new AbortController();
  readonly #limited = new AbortController();
  readonly #allEnded = Promise.withResolvers<void>();
  readonly #streams = new Map<string, RunningStream>();
  /** Of streams that are gone, in the order in which they went. */
  readonly #summaries: Summary[] = [];
  #failures: StreamFailure[] = [];
  /** Streams whose plugin could not be loaded: each new configuration tries them again. */
  readonly #unloaded = new Set<string>();
  #config: ResolvedConfig;
  #limit: AbortSignal = this.#stop.signal;
  #active = 0;
  #applying: Promise<void> = Promise.resolve();

  private constructor(
    config: ResolvedConfig,
    logger: Logger,
    secrets: SecretMask,
    events: EventLog,
  ) {
    this.#config = config;
    this.#logger = logger;
    const owned = this.#owned = new AsyncDisposableStack();
    // Last of all: whatever ends may have an event to tell.
    owned.use(events);
    const { dataDir } = config.events;
    const deliveries: Deliveries = this.#deliveries = owned.use(
      new Deliveries({
        events,
        dataDir,
        publicUrl: config.publicUrl,
        // Pictures are made later on, and end before deliveries do.
        ...dataDir !== null &&
          { picture: async (id) => await this.#shared.media?.picture(id) ?? null },
        ageMs: (stream) => this.#streams.get(stream)?.monitor.ages.recent().p50 || null,
        secrets,
        logger: logger.getChild("delivery"),
        onRecords: (sink) => metrics.addSink(sink),
      }),
    );
    owned.defer(async () => {
      await events.close();
      await deliveries.drain(this.#patience());
    });
    const sinkLogger = logger.getChild("sink");
    const sinkErrors = owned.use(
      new RateLimitedReport((count, { message }: Error) => {
        sinkLogger.error("{message} ({count} times)", { message, count });
      }),
    );
    const models = new ModelPool(logger.getChild("inference"));
    const guard = owned.use(new ProcessGuard());
    const media = dataDir === null ? null : owned.use(
      new EventMedia({ dataDir, log: events, guard, logger: logger.getChild("events") }),
    );
    if (media !== null) events.prepare = (draft) => media.prepare(draft);
    const metrics = new MetricsRegistry(
      () => models.queues,
      () => events.figures(),
      () => deliveries.counts(),
      () => media?.counts() ?? noMedia,
    );
    const visible = config.visualizer !== null;
    this.#shared = {
      limits: config.limits,
      guard,
      cameras: new Cameras({ logger, guard, metrics, visible, media }),
      models,
      plugins: new PluginPool(
        logger,
        (plugin, stream) =>
          metrics.children.guard(guard, { stream: stream ?? "", plugin, work: "plugin" }),
      ),
      sinks: new SharedSinks({
        logger: sinkLogger,
        hurry: this.#hurry.signal,
        limit: this.#limited.signal,
        onGone: () => this.#stop.abort(),
      }, (sink) => metrics.addSink(sink)),
      recordSink: (destination) => deliveries.recordSink(destination),
      events,
      media,
      metrics,
      onSinkError: (error) => sinkErrors.add(error),
      drops: owned.use(
        new DropReport(
          logger.getChild("stream_analyzer"),
          () => this.#config.streams.length > 1,
        ),
      ),
      traceSample: config.traceSample,
      secrets,
    };
  }

  /**
   * Opens everything, and reads nothing yet. Of several streams none waits for its plugins, and one
   * whose plugin cannot be loaded fails when it is run.
   * @throws {PluginFailure} for the plugin of a single stream; @throws {Error} for a sink or the port
   */
  static async open(
    config: ResolvedConfig,
    logger: Logger,
    secrets = new SecretMask(),
  ): Promise<App> {
    await using opened = new AsyncDisposableStack();
    const events = await EventLog.open(
      config.events,
      config.streams.map(({ name }) => name),
      logger.getChild("events"),
    );
    const app = opened.use(new App(config, logger, secrets, events));
    const loading = new Map(config.streams.map((stream) => [stream, app.#load(stream)]));
    opened.defer(async () => {
      await Promise.all([...loading.values()].map((plugins) => plugins[Symbol.asyncDispose]()));
    });
    await app.#deliveries.apply(config.streams);
    // Before anything else is opened: what cannot be loaded for the only stream is bad input.
    if (loading.size === 1) { for (const { loaded } of loading.values()) await loaded; }
    for (const [stream, plugins] of [...loading]) {
      // From here on they are the stream's own.
      loading.delete(stream);
      const logger = app.#loggerOf(stream);
      const running = await RunningStream.open(stream, plugins, app.#shared, logger);
      app.#streams.set(stream.name, running);
    }
    if (config.visualizer) {
      const { startWeb } = await import("../web/server.ts");
      const web = await startWeb({
        ...config.visualizer,
        streams: () => app.webStreams,
        events,
        deliveries: () => app.#deliveries.counts(),
        models: () => app.#shared.models.queues,
        config: () => app.#config,
        tlsFolder: config.events.dataDir === null ? null : join(config.events.dataDir, "tls"),
        media: app.#shared.media,
        metrics: () => app.#shared.metrics.text(),
        logger: logger.getChild("visualizer"),
      });
      app.#owned.use(web);
    }
    if (config.metrics) {
      const { startMetricsServer } = await import("../web/metrics_server.ts");
      const server = await startMetricsServer(
        config.metrics,
        () => app.statuses,
        () => app.#shared.metrics.text(),
        logger.getChild("metrics"),
      );
      app.#owned.use(server);
    }
    opened.move();
    return app;
  }

  /** What the live view shows, in the configuration's order. */
  get webStreams(): WebStream[] {
    return this.#config.streams.flatMap(({ name }) => this.#streams.get(name)?.web ?? []);
  }

  /** Each stream as it stands, in the configuration's order. */
  get statuses(): StreamStatus[] {
    return this.#config.streams.flatMap(({ name }) =>
      this.#streams.get(name)?.monitor.status() ?? []
    );
  }

  /** Streams that could not go on, in the order in which they failed. */
  get failures(): readonly StreamFailure[] {
    return this.#failures;
  }

  /** What became of each stream that was begun. */
  get summaries(): readonly Summary[] {
    return [
      ...this.#summaries,
      ...[...this.#streams.values()].map(({ config, monitor }) => summarize(config.name, monitor)),
    ];
  }

  /** Opens the files of records again, as after a rotation. */
  async reopenSinks(): Promise<void> {
    await this.#shared.sinks.reopen();
  }

  /** What became of all records; complete once it is disposed of. */
  get sinkTotals(): SinkTotals {
    return this.#shared.sinks.totals;
  }

  /** Events that were lost though a folder keeps them; complete once it is disposed of. */
  get eventsLost(): number {
    return this.#config.events.dataDir === null ? 0 : this.#shared.events.counts().dropped;
  }

  /** Runs every stream until all have ended or `stop` aborts; after `limit` nothing more is read. */
  async run(stop: AbortSignal, limit: AbortSignal): Promise<void> {
    // A process whose share is empty waits for streams to come, or for its end.
    const onStop = () => {
      this.#stop.abort();
      this.#settle();
    };
    const onLimit = () => {
      this.#limited.abort();
      this.#settle();
    };
    // Not only while it runs: a signal may come while it ends.
    stop.addEventListener("abort", () => this.#hurry.abort());
    limit.addEventListener("abort", onLimit);
    stop.addEventListener("abort", onStop);
    if (stop.aborted) {
      this.#hurry.abort();
      onStop();
    }
    this.#limit = limit;
    for (const stream of this.#streams.values()) this.#begin(stream);
    await this.#allEnded.promise;
    stop.removeEventListener("abort", onStop);
    limit.removeEventListener("abort", onLimit);
  }

  /**
   * Takes up a new configuration: only streams that it changes are started again. One whose new
   * plugin or sink cannot be opened goes on as it was.
   */
  apply(next: ResolvedConfig): Promise<void> {
    return this.#applying = this.#applying.then(() => this.#apply(next));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#applying;
    const streams = [...this.#streams.values()];
    await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()));
    await this.#owned.disposeAsync();
  }

  async #apply(next: ResolvedConfig): Promise<void> {
    if (this.#stop.signal.aborted) return;
    // While streams are exchanged, the last one's end is not the end of everything.
    this.#active++;
    try {
      const change = diffConfig(this.#configWithout(this.#unloaded), next);
      const failed = new Set<string>();
      const wanted = new Set(next.streams.map(({ name }) => name));
      for (const name of this.#unloaded) if (!wanted.has(name)) await this.#retire(name);
      for (const name of change.removed) {
        await this.#retire(name);
        await this.#shared.events.closeStream(name);
      }
      // Side by side, as a plugin may take its time.
      await Promise.all([...change.changed, ...change.added].map(async (stream) => {
        if (!await this.#replace(stream)) failed.add(stream.name);
      }));
      this.#config = { ...this.#config, streams: this.#configured(next, failed) };
      await this.#deliveries.apply(this.#config.streams);
      this.#logger.info("Configuration applied: {changes}", { changes: describeChange(change) });
      for (const part of change.needsRestart) {
        this.#logger.warn("The new {part} settings take effect at the next start", { part });
      }
    } finally {
      this.#active--;
      this.#settle();
    }
  }

  #configWithout(names: ReadonlySet<string>): ResolvedConfig {
    return {
      ...this.#config,
      streams: this.#config.streams.filter(({ name }) => !names.has(name)),
    };
  }

  /** Streams of `next` as they run, so that what failed is tried again with the next change. */
  #configured(next: ResolvedConfig, failed: ReadonlySet<string>): StreamConfig[] {
    return next.streams.flatMap((stream) =>
      failed.has(stream.name) ? this.#streams.get(stream.name)?.config ?? [] : stream
    );
  }

  /** Whether the stream runs as it shall now. */
  async #replace(config: StreamConfig): Promise<boolean> {
    const logger = this.#loggerOf(config);
    try {
      await using loading = new AsyncDisposableStack();
      const plugins = loading.use(this.#load(config));
      await plugins.loaded;
      loading.move();
      const stream = await RunningStream.open(config, plugins, this.#shared, logger);
      await this.#retire(config.name);
      this.#streams.set(config.name, stream);
      this.#begin(stream);
      return true;
    } catch (error) {
      logger.error("Cannot apply the new settings: {words}", { words: describeFailure(error) });
      return false;
    }
  }

  #load(stream: StreamConfig): LoadingPlugins {
    return new LoadingPlugins(stream, this.#shared.plugins, this.#loggerOf(stream));
  }

  async #retire(name: string): Promise<void> {
    const stream = this.#streams.get(name);
    if (stream === undefined) return;
    await stream[Symbol.asyncDispose]();
    this.#streams.delete(name);
    this.#unloaded.delete(name);
    // Who is begun anew has another chance, and who is gone is none of the streams any more.
    this.#failures = this.#failures.filter(({ config }) => config.name !== name);
    this.#summaries.push(summarize(name, stream.monitor));
  }

  #begin(stream: RunningStream): void {
    this.#active++;
    stream.run(this.#stop.signal, this.#limit).catch((error) => {
      if (error instanceof PluginFailure) this.#unloaded.add(stream.config.name);
      this.#failures.push({ config: stream.config, error });
      if (this.#config.streams.length === 1) return;
      this.#loggerOf(stream.config).error("{words}; the other streams go on", {
        words: describeFailure(error),
      });
    }).finally(() => {
      this.#active--;
      this.#settle();
    });
  }

  /** Aborts when the end waits for no destination any more: what waits is kept, if it can be. */
  #patience(): AbortSignal {
    const hurry = () => AbortSignal.timeout(this.#config.events.dataDir === null ? 400 : 150);
    const limit = AbortSignal.timeout(drainMs);
    if (this.#hurry.signal.aborted) return hurry();
    const hurried = new AbortController();
    this.#hurry.signal.addEventListener("abort", () => {
      hurry().addEventListener("abort", () => hurried.abort());
    });
    return AbortSignal.any([hurried.signal, limit]);
  }

  #settle(): void {
    if (this.#active === 0) this.#allEnded.resolve();
  }

  #loggerOf({ name }: StreamConfig): Logger {
    return this.#config.streams.length > 1 ? this.#logger.getChild(childName(name)) : this.#logger;
  }
}
