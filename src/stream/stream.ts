/** Runs one stream: a source, a model and a use case, matched anew when one of them changes. */

import type { ModelMetadata } from "../frame/model.ts";
import { InferenceError, type InferenceSession } from "../inference/inference.ts";
import { type Source, SourceError } from "../source/source.ts";
import { toRecord } from "../sink/record.ts";
import type { UseCaseHost } from "../use_case/host.ts";
import { UseCaseError } from "../use_case/use_case_error.ts";
import { ModelWatch } from "./model_watch.ts";
import { OpenStays } from "./open_stays.ts";
import type { StreamParts } from "./parts.ts";
import { Pipeline } from "./pipeline.ts";
import type { SecondaryCounts } from "./status.ts";
import { supervise } from "./supervisor.ts";

/** How often it is looked whether frames still come. */
const sceneLookMs = 1000;
/** Backoff while the model is one that cannot be used: each look may start the use case. */
const refusedBackoff = { firstMs: 1_000, maxMs: 5_000 };

/** A model, and a use case that works with it. */
interface Match {
  readonly model: ModelMetadata;
  readonly useCase: UseCaseHost;
}

/** Reads, infers and delivers until its source ends, a limit is reached, or it is stopped. */
export class Stream {
  readonly #parts: StreamParts;
  #useCase: UseCaseHost | null = null;
  #pipeline: Pipeline | null = null;
  readonly #stays = new OpenStays();

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** The use case at work; null while there is none, for want of a model. */
  get useCase(): UseCaseHost | null {
    return this.#useCase;
  }

  /** Frames that wait for an executor. */
  get queueLength(): number {
    return this.#pipeline?.queueLength ?? 0;
  }

  /** What became of what a secondary model was to look at; null when there is none. */
  get secondaryCounts(): SecondaryCounts | null {
    return this.#parts.secondary?.counts ?? null;
  }

  /**
   * Resolves at the end, and throws when it cannot recover. After `limit` nothing more is read, and
   * what was read is finished; `stop` ends it in less than a second whatever is under way.
   */
  async run(stop: AbortSignal, limit: AbortSignal): Promise<void> {
    using _watch = this.#watchScene();
    await this.#run(stop, limit);
  }

  async #run(stop: AbortSignal, limit: AbortSignal): Promise<void> {
    const { inference, monitor } = this.#parts;
    using models = new ModelWatch(inference, monitor.health);
    const reading = AbortSignal.any([stop, limit]);
    // Once, unless the model or the use case is replaced by one that takes other pictures.
    for (let isFirst = true, again = true; again && !reading.aborted; isFirst = false) {
      const match = await this.#match(models, reading, isFirst);
      if (!match) return;
      const { model } = match;
      await using useCase = match.useCase;
      this.#useCase = useCase;
      const changed = AbortSignal.any([
        models.changedFrom(model),
        ...(useCase.stale ? [useCase.stale] : []),
      ]);
      const goesOn = () => changed.aborted && !reading.aborted;
      await this.#read(useCase, models, {
        stop: AbortSignal.any([stop, changed]),
        limit: AbortSignal.any([reading, changed]),
        goesOn,
      });
      again = goesOn();
      if (again) {
        this.closeStays();
        this.#useCase = null;
      }
    }
  }

  /**
   * A model and its use case; undefined when stopped before. At first, a model that cannot be used is
   * a mistake of the configuration; later it was exchanged on the server, and may be so again.
   */
  async #match(
    models: ModelWatch,
    reading: AbortSignal,
    isFirst: boolean,
  ): Promise<Match | undefined> {
    const { monitor: { health }, openUseCase } = this.#parts;
    let match: Match | undefined;
    await supervise(async () => {
      const model = await models.await(reading);
      if (!model) return;
      const [onRestart, onReplaced] = [this.#onRestart, this.#onReplaced];
      match = { model, useCase: await openUseCase({ model, onRestart, onReplaced }) };
      health.modelFound();
    }, {
      ...refusedBackoff,
      signal: reading,
      limit: isFirst ? 1 : 0,
      onFailure: ({ error }) => {
        if (!(error instanceof UseCaseError || error instanceof InferenceError)) throw error;
        health.modelFailed(error);
      },
    });
    return match;
  }

  /**
   * What a use case remembered is gone, and others go on: objects that it told to be in a zone leave, in
   * a record by itself, which has the number of the last frame and the time at which it is written.
   */
  closeStays(): void {
    const { monitor: { health }, sinks } = this.#parts;
    const frame = this.#stays.lastFrame;
    const events = this.#stays.close();
    if (frame === null || events.length === 0) return;
    const nowMs = Date.now();
    const name = this.#useCase?.name ?? "";
    sinks.write(toRecord({ ...frame, capturedAtMs: nowMs }, name, { events }, nowMs));
    for (const event of events) health.journal.addEvent(event);
  }

  /** Objects end with the stream, and when no frame comes in which they could be seen to go. */
  #watchScene(): Disposable {
    const { scene, tellEvent, config, monitor } = this.#parts;
    if (!scene) return { [Symbol.dispose]: () => {} };
    const close = (reason: string) => {
      for (const draft of scene.close(reason)) tellEvent?.(draft);
    };
    const patienceMs = Math.max(sceneLookMs, config.scene?.objects.lost_after_ms ?? 0);
    const timer = setInterval(() => {
      if (monitor.quietMs >= patienceMs) close("no_frames");
    }, sceneLookMs);
    return {
      [Symbol.dispose]: () => {
        clearInterval(timer);
        close("stream_ended");
      },
    };
  }

  // Functions for good: requests are compared.

  readonly #onRestart = (): void => {
    this.#parts.monitor.pluginRestarted();
    this.#onReplaced();
  };

  readonly #onReplaced = (): void => {
    this.#parts.scene?.forgetNumbers();
    this.closeStays();
  };

  async #read(
    useCase: UseCaseHost,
    models: ModelWatch,
    { stop, limit, goesOn }: {
      readonly stop: AbortSignal;
      readonly limit: AbortSignal;
      /** Whether another use case will read on. */
      readonly goesOn: () => boolean;
    },
  ): Promise<void> {
    const { config, monitor, openSource } = this.#parts;
    let source = openSource(useCase.format);
    const { live } = source;
    await using session = await this.#openSession(useCase, live);
    using pipeline = new Pipeline(this.#parts, useCase, models, session, live, this.#stays);
    this.#pipeline = pipeline;
    limit.addEventListener("abort", () => pipeline.close(), { once: true });
    try {
      await supervise(async (succeeded) => {
        monitor.health.connecting();
        await this.#pump(source, pipeline, succeeded, limit);
      }, {
        signal: limit,
        limit: source.returns ? config.source.reconnectLimit : 1,
        onFailure: ({ error, inRow, retryInMs }) => {
          // No wait brings the program that reads every source.
          if (error instanceof SourceError && error.reason === "ffmpeg_missing") throw error;
          monitor.health.sourceFailed(error, inRow, retryInMs);
          source = openSource(useCase.format);
        },
        retryNow: () => source.retryNow,
      });
      if (!goesOn()) monitor.health.ended();
    } finally {
      await pipeline.finish(stop);
      if (!goesOn()) await this.#parts.view?.drain?.(stop);
    }
  }

  /** The camera's own conversation with a graph, where the use case or the settings ask for one. */
  async #openSession(useCase: UseCaseHost, live: boolean): Promise<InferenceSession | null> {
    const { config, inference, logger, monitor } = this.#parts;
    return await inference.session?.({
      asked: useCase.session !== undefined,
      outputs: useCase.outputs ?? null,
      maxAgeMs: live ? config.maxFrameAgeMs : null,
      logger: logger.getChild("inference"),
      // Asked for where there is a session, and not before.
      get counts() {
        return monitor.openSession();
      },
    }) ?? null;
  }

  /** Takes frames from the source; waits only for a source that can wait. */
  async #pump(
    source: Source,
    pipeline: Pipeline,
    succeeded: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { monitor, limits } = this.#parts;
    for await (const frame of source.frames(signal)) {
      await pipeline.space();
      // It is no longer taken, so it does not count.
      if (signal.aborted) return;
      succeeded();
      pipeline.accept(frame);
      if (limits.frames !== null && monitor.ledger.received >= limits.frames) return;
    }
  }
}
