/** One stream: frames in, records out. `#analyse` and `#deliver` are the whole of it. */

import type { Logger } from "@logtape/logtape";
import type { LimitConfig, StreamConfig } from "../config/resolved.ts";
import type { Analysis } from "../frame/analysis.ts";
import type { Frame, FrameFormat, FrameInfo, FullPicture } from "../frame/frame.ts";
import type { Tensors } from "../frame/tensor.ts";
import type { Inference, Turn } from "../inference/inference.ts";
import type { FanOut } from "../sink/fan_out.ts";
import type { FrameTracer } from "../metrics/frame_tracer.ts";
import { toRecord } from "../sink/record.ts";
import { type Source, SourceError } from "../source/source.ts";
import type { UseCaseHost, UseCaseRequest } from "../use_case/host.ts";
import { DeliveryLine, type Outcome } from "./delivery_line.ts";
import { drain } from "./drain.ts";
import { Intake } from "./intake.ts";
import type { DropReason } from "./ledger.ts";
import { ModelWatch } from "./model_watch.ts";
import type { StreamMonitor } from "./monitor.ts";
import type { Secondary } from "./secondary.ts";
import { supervise } from "./supervisor.ts";

/** Milliseconds for which frames may wait all the time before the model counts as too slow. */
const burstMs = 500;

/** What a stream is made of; whoever opened the parts disposes of them. */
export interface StreamParts {
  readonly config: StreamConfig;
  readonly limits: LimitConfig;
  readonly logger: Logger;
  readonly inference: Inference;
  readonly sinks: FanOut;
  readonly monitor: StreamMonitor;
  /** Opens a source that runs once. */
  openSource(format: FrameFormat): Source;
  /** Brings the plugin to life for a model. */
  openUseCase(request: Pick<UseCaseRequest, "model" | "onRestart">): Promise<UseCaseHost>;
  /** Follows some frames for OpenTelemetry; null when nobody asked for it. */
  readonly tracer: FrameTracer | null;
  /** Looks at what the model found before a record is made of it; null when nobody does. */
  readonly secondary?: Secondary | null;
  /** Takes results for the live view; null when there is none. */
  readonly view: StreamViewer | null;
}

/** What a stream tells the live view. */
export interface StreamViewer {
  annotate(frame: FrameInfo, analysis: Analysis): void;
}

/** Reads, infers and delivers until its source ends, a limit is reached, or it is stopped. */
export class Stream {
  readonly #parts: StreamParts;
  /** Full-size pictures of frames that are under way. */
  readonly #full = new WeakMap<FrameInfo, FullPicture>();
  #useCase: UseCaseHost | null = null;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** The use case at work; null while there is none, for want of a model. */
  get useCase(): UseCaseHost | null {
    return this.#useCase;
  }

  /**
   * Resolves at the end, and throws when it cannot recover. After `limit` nothing more is read, and
   * what was read is finished; `stop` ends it in less than a second whatever is under way.
   */
  async run(stop: AbortSignal, limit: AbortSignal): Promise<void> {
    const { monitor, inference, openUseCase } = this.#parts;
    const models = new ModelWatch(inference, monitor.health);
    const reading = AbortSignal.any([stop, limit]);
    // Once, unless the model or the use case is replaced by one that takes other pictures.
    for (let again = true; again && !reading.aborted;) {
      const model = await models.await(reading);
      if (!model) return;
      await using useCase = await openUseCase({ model, onRestart: monitor.pluginRestarted });
      this.#useCase = useCase;
      const changed = AbortSignal.any([
        models.changedFrom(model),
        ...(useCase.stale ? [useCase.stale] : []),
      ]);
      await this.#read(useCase, models, {
        stop: AbortSignal.any([stop, changed]),
        limit: AbortSignal.any([reading, changed]),
      });
      again = changed.aborted;
    }
  }

  async #read(
    useCase: UseCaseHost,
    models: ModelWatch,
    { stop, limit }: { readonly stop: AbortSignal; readonly limit: AbortSignal },
  ): Promise<void> {
    const { config, monitor, openSource } = this.#parts;
    let source = openSource(useCase.format);
    // A source that can wait needs no store of frames, only one at hand for each executor.
    const waiting = source.live ? config.bufferSize : Math.min(config.bufferSize, config.executors);
    const { executors, maxFrameAgeMs } = config;
    const intake = new Intake<Frame>({
      capacity: waiting,
      executors,
      patienceMs: source.live ? Math.min(burstMs, maxFrameAgeMs / 2) : null,
    });
    monitor.queueLength = () => intake.size;
    using line: DeliveryLine<Tensors> = new DeliveryLine({
      // A source that can wait loses nothing, however long a frame lies here.
      maxAgeMs: source.live ? maxFrameAgeMs : null,
      capacity: executors + waiting,
      deliver: (frame, outputs) => this.#deliver(frame, outputs, useCase, source.live, line),
      drop: (frame, reason) => this.#settle(frame, reason),
    });
    const giveUp = new AbortController();
    const working = Array.from({ length: executors }, () => {
      return this.#execute(intake, line, useCase, models, giveUp.signal);
    });
    limit.addEventListener("abort", () => intake.close(), { once: true });
    try {
      await supervise(async (succeeded) => {
        monitor.health.connecting();
        await this.#pump(source, intake, line, succeeded, limit);
      }, {
        signal: limit,
        limit: source.returns ? config.source.reconnectLimit : 1,
        onFailure: ({ error, inRow, retryInMs }) => {
          // No wait brings the program that reads every source.
          if (error instanceof SourceError && error.reason === "ffmpeg_missing") throw error;
          monitor.health.sourceFailed(error, inRow, retryInMs);
          source = openSource(useCase.format);
        },
        sooner: () => source.sooner,
      });
      monitor.health.ended();
    } finally {
      intake.close();
      const { secondary } = this.#parts;
      const finished = Promise.all(working).then(() => line.idle()).then(() => secondary?.idle());
      await drain(finished, stop, {
        graceMs: this.#parts.limits.drainMs,
        abort: () => {
          giveUp.abort();
          intake.clear().forEach((frame) => this.#settle(frame, "skipped"));
          line.abortAll();
          secondary?.abort();
        },
      });
    }
  }

  /** Takes frames from the source; waits only for a source that can wait. */
  async #pump(
    source: Source,
    intake: Intake<Frame>,
    line: DeliveryLine<Tensors>,
    succeeded: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { monitor, limits, tracer } = this.#parts;
    for await (const read of source.frames(signal)) {
      if (!source.live) await intake.space();
      // Nobody takes it any more, so it does not count.
      if (signal.aborted) return;
      succeeded();
      // A source counts its own run; the stream's numbers go on over all of them.
      const { full, ...taken } = read;
      const frame = { ...taken, sequence: monitor.ledger.received };
      if (full) this.#full.set(frame, full);
      monitor.received();
      tracer?.begin(frame);
      // What was kept in pipes and sockets while somebody was stopped costs no more than this.
      if (read.still) this.#drop(frame, "skipped");
      else if (line.isTooOld(frame)) this.#drop(frame, "too_old");
      else for (const older of intake.push(frame)) this.#drop(older, "queue_full");
      if (limits.frames !== null && monitor.ledger.received >= limits.frames) return;
    }
  }

  /** One executor: a request in flight at a time. */
  async #execute(
    intake: Intake<Frame>,
    line: DeliveryLine<Tensors>,
    useCase: UseCaseHost,
    models: ModelWatch,
    giveUp: AbortSignal,
  ): Promise<void> {
    while (await intake.arrival(giveUp)) {
      await line.space();
      // The frame comes last: who waited for room at the model has the newest there is by then.
      using turn = await this.#turn(giveUp);
      const frame = intake.take();
      if (!frame) continue;
      this.#parts.tracer?.reached(frame.sequence, "queue");
      if (line.isTooOld(frame)) {
        this.#drop(frame, "too_old");
        continue;
      }
      const startedAtMs = performance.now();
      // The pixels stay out of the line: they are done with long before the frame's turn comes.
      const { data: _pixels, release: _release, ...info } = frame;
      const full = this.#full.get(frame);
      if (full) this.#full.set(info, full);
      const place = line.enter(info);
      place.settle(await this.#analyse(frame, { signal: place.signal, turn }, useCase, models));
      intake.worked(performance.now() - startedAtMs);
    }
  }

  /** Room at the model; undefined where there always is, and when it is given up. */
  async #turn(signal: AbortSignal): Promise<Turn | undefined> {
    try {
      return await this.#parts.inference.turn?.({ signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /** Gives a frame up before anybody worked on it. */
  #drop(frame: Frame, reason: DropReason): void {
    this.#settle(frame, reason);
    frame.release?.();
  }

  /** A frame has come to its end without a record. */
  #settle(frame: FrameInfo, reason: DropReason): void {
    this.#full.get(frame)?.release();
    this.#parts.monitor.dropped(reason);
    this.#parts.tracer?.ended(frame.sequence, reason);
  }

  /** Preprocess, infer. */
  async #analyse(
    frame: Frame,
    { signal, turn }: { readonly signal: AbortSignal; readonly turn: Turn | undefined },
    useCase: UseCaseHost,
    models: ModelWatch,
  ): Promise<Outcome<Tensors>> {
    const { monitor, inference, tracer } = this.#parts;
    let inputs: Tensors | null;
    const calledAtMs = performance.now();
    try {
      inputs = await useCase.preprocess(frame);
      monitor.calls.preprocess.observe((performance.now() - calledAtMs) / 1000);
      tracer?.reached(frame.sequence, "preprocess");
    } catch (error) {
      monitor.useCaseFailed(error);
      return dropped("error");
    }
    if (inputs === null) return dropped("skipped");
    const startedAtMs = performance.now();
    monitor.asking();
    try {
      const outputs = await inference.infer(inputs, turn ? { signal, turn } : { signal });
      monitor.inferred(performance.now() - startedAtMs);
      tracer?.reached(frame.sequence, "infer");
      frame.release?.();
      models.answered();
      return { kind: "result", result: outputs };
    } catch (error) {
      if (!signal.aborted) models.failed(error);
      else if (signal.reason.name === "TimeoutError") models.unanswered(startedAtMs);
      return dropped("error");
    } finally {
      monitor.asked();
    }
  }

  /** Postprocess, sinks, live view. */
  async #deliver(
    frame: FrameInfo,
    outputs: Tensors,
    useCase: UseCaseHost,
    live: boolean,
    line: DeliveryLine<Tensors>,
  ): Promise<void> {
    const { monitor, sinks, secondary, tracer } = this.#parts;
    tracer?.reached(frame.sequence, "order");
    const calledAtMs = performance.now();
    try {
      const analysis = await useCase.postprocess(outputs, frame);
      monitor.calls.postprocess.observe((performance.now() - calledAtMs) / 1000);
      tracer?.reached(frame.sequence, "postprocess");
      // The use case was slow, or we were stopped just now.
      if (line.isTooOld(frame)) return this.#settle(frame, "too_old");
      const deliver = (analysis: Analysis) => this.#record(frame, analysis, useCase);
      if (!secondary) deliver(analysis);
      else await secondary.submit({ frame, analysis, full: this.#full.get(frame), live }, deliver);
    } catch (error) {
      monitor.useCaseFailed(error);
      this.#settle(frame, "error");
    }
    if (!live) await sinks.room();
  }

  /** Sinks, live view. */
  #record(frame: FrameInfo, analysis: Analysis, useCase: UseCaseHost): void {
    const { monitor, sinks, view, tracer } = this.#parts;
    this.#full.get(frame)?.release();
    const nowMs = Date.now();
    sinks.write(toRecord(frame, useCase.name, analysis, nowMs));
    view?.annotate(frame, analysis);
    tracer?.reached(frame.sequence, "sink");
    tracer?.ended(frame.sequence, null);
    monitor.processed(nowMs - frame.capturedAtMs, analysis);
  }
}

function dropped(reason: DropReason): Outcome<never> {
  return { kind: "dropped", reason };
}
