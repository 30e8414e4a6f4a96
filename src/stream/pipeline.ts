/** A frame's way from the source to the record: {@link Pipeline.#work} and the steps below it. */

import type { Analysis, AnalysisEvent } from "../frame/analysis.ts";
import { type Frame, type FrameInfo, type FullPicture, infoOf } from "../frame/frame.ts";
import type { Tensors } from "../frame/tensor.ts";
import {
  InferenceError,
  type InferenceSession,
  type Permit,
  type SessionAnswer,
} from "../inference/inference.ts";
import type { GraphStreamInfo } from "../frame/model.ts";
import { toRecord } from "../sink/record.ts";
import type { SourceFrame } from "../source/source.ts";
import type { UseCaseHost } from "../use_case/host.ts";
import { type Outcome, ReorderBuffer, type Slot } from "./reorder_buffer.ts";
import { drain } from "./drain.ts";
import { AdmissionQueue } from "./admission_queue.ts";
import type { DropReason } from "./ledger.ts";
import type { ModelWatch } from "./model_watch.ts";
import type { OpenStays } from "./open_stays.ts";
import type { StreamParts } from "./parts.ts";

/** Milliseconds for which frames may wait all the time before the model counts as too slow. */
const burstMs = 500;

/** What a model said of a frame, and in which stream, where it is asked in one. */
type Answer = Pick<SessionAnswer, "outputs"> & Partial<SessionAnswer>;

/** A frame on its way, with what no plugin is told of it. */
interface FrameUnderWay {
  readonly info: FrameInfo;
  /** The source's own time stamp, by which the live view knows it. */
  readonly stampMs: number;
  /** How old it was by nature when it came. */
  readonly delayMs: number;
  /** The picture at its full size, where a secondary model wants parts of it. */
  readonly full: FullPicture | undefined;
  /** What the use case itself told of it. */
  events: readonly AnalysisEvent[];
}

/** A frame in the queue: only until it is analysed are there pixels. */
interface QueuedFrame {
  readonly frame: Frame;
  readonly underWay: FrameUnderWay;
}

/** Frames in, records out, in order: a few executors between an admission queue and a reorder buffer. */
export class Pipeline implements Disposable {
  readonly #parts: StreamParts;
  readonly #useCase: UseCaseHost;
  readonly #models: ModelWatch;
  readonly #live: boolean;
  readonly #queue: AdmissionQueue<QueuedFrame>;
  readonly #session: InferenceSession | null;
  readonly #reorder: ReorderBuffer<FrameUnderWay, Answer>;
  readonly #stays: OpenStays;
  readonly #giveUp = new AbortController();
  readonly #executors: readonly Promise<void>[];
  /** The stream to a graph of which the use case was told last. */
  #graphStream: GraphStreamInfo | null = null;

  /**
   * For as long as the use case wants the same pictures. `session`: the camera's own conversation with
   * a graph, null = each request stands by itself; `live`: whether frames come at their own pace, those
   * of a file wait, and have no deadline; `stays` is told of each record.
   */
  constructor(
    parts: StreamParts,
    useCase: UseCaseHost,
    models: ModelWatch,
    session: InferenceSession | null,
    live: boolean,
    stays: OpenStays,
  ) {
    this.#parts = parts;
    this.#useCase = useCase;
    this.#models = models;
    this.#session = session;
    this.#live = live;
    this.#stays = stays;
    const { bufferSize, executors, maxFrameAgeMs } = parts.config;
    // A source that can wait needs no store of frames, only one at hand for each executor.
    const waiting = live ? bufferSize : Math.min(bufferSize, executors);
    this.#queue = new AdmissionQueue({
      capacity: waiting,
      executors,
      patienceMs: live ? Math.min(burstMs, maxFrameAgeMs / 2) : null,
    });
    this.#reorder = new ReorderBuffer({
      // A source that can wait loses nothing, however long a frame lies here.
      maxAgeMs: live ? maxFrameAgeMs : null,
      capacity: executors + waiting,
      deliver: (frame, answer) => this.#deliver(frame, answer),
      drop: (frame, reason) => this.#settle(frame, reason),
    });
    this.#executors = Array.from({ length: executors }, () => this.#work());
  }

  /** Frames that wait for an executor. */
  get queueLength(): number {
    return this.#queue.size;
  }

  /** Resolves when a frame of a source that can wait may come; undefined for a live one. */
  space(): Promise<void> | undefined {
    return this.#live ? undefined : this.#queue.space();
  }

  /** Takes a frame in, or drops it at once. */
  accept(read: SourceFrame): void {
    const { monitor, tracer } = this.#parts;
    // A source counts its own run; the stream's numbers and times go on over all of them.
    const info: FrameInfo = {
      ...infoOf(read),
      sequence: monitor.ledger.received,
      ptsMs: this.#parts.clock.next(read, this.#live),
    };
    const frame: Frame = {
      ...info,
      data: read.data,
      ...read.release && { release: read.release },
    };
    const { ptsMs: stampMs, delayMs = 0, full } = read;
    const queued = { frame, underWay: { info, stampMs, delayMs, full, events: [] } };
    monitor.received();
    tracer?.begin(info);
    // What was kept in pipes and sockets while the process was stopped costs no more than this.
    if (read.still) this.#drop(queued, "skipped");
    else if (this.#reorder.isTooOld(queued.underWay)) this.#drop(queued, "too_old");
    else for (const older of this.#queue.push(queued)) this.#drop(older, "queue_full");
  }

  /** Accepts nothing more; what was taken in is finished. */
  close(): void {
    this.#queue.close();
  }

  /** Resolves when every frame has come to its end, which `stop` hastens. */
  async finish(stop: AbortSignal): Promise<void> {
    this.close();
    const { secondary, limits } = this.#parts;
    const finished = Promise.all(this.#executors)
      .then(() => this.#reorder.idle())
      .then(() => secondary?.idle());
    await drain(finished, stop, {
      graceMs: limits.drainMs,
      abort: () => {
        this.#giveUp.abort();
        this.#queue.clear().forEach(({ underWay }) => this.#settle(underWay, "skipped"));
        this.#reorder.abortAll();
        secondary?.abort();
      },
    });
  }

  [Symbol.dispose](): void {
    this.#reorder[Symbol.dispose]();
  }

  /** One executor: a request in flight at a time. */
  async #work(): Promise<void> {
    while (await this.#queue.arrival(this.#giveUp.signal)) {
      await this.#reorder.space();
      // The frame is taken last: after the wait for a permit, this is the newest there is.
      using permit = await this.#acquire();
      const queued = this.#queue.take();
      if (!queued) continue;
      const { frame, underWay } = queued;
      this.#parts.tracer?.reached(frame.sequence, "queue");
      if (this.#reorder.isTooOld(underWay)) {
        this.#drop(queued, "too_old");
        continue;
      }
      const startedAtMs = performance.now();
      // Without the pixels: they are done with long before the frame is delivered.
      const slot = this.#reorder.reserve(underWay);
      slot.settle(await this.#analyse(frame, slot, permit));
      this.#queue.worked(performance.now() - startedAtMs);
    }
  }

  /** A permit to ask the model; undefined where none is needed, and when it is given up. */
  #acquire(): Promise<Permit | undefined> | undefined {
    // A graph of its own is shared with no other stream: the executors are its window.
    if (this.#session) return undefined;
    const { signal } = this.#giveUp;
    return this.#parts.inference.acquire?.({ signal }).catch((error) => {
      if (!signal.aborted) throw error;
      return undefined;
    });
  }

  /** Preprocess, infer. */
  async #analyse(
    frame: Frame,
    slot: Slot<Answer>,
    permit: Permit | undefined,
  ): Promise<Outcome<Answer>> {
    const { monitor, inference, tracer } = this.#parts;
    const { signal } = slot;
    let inputs: Tensors | null;
    const calledAtMs = performance.now();
    try {
      inputs = await this.#useCase.preprocess(frame);
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
      // A graph is asked for its own camera, and told of the frame's time.
      if (this.#session) slot.overdue("no_answer");
      const answer: Answer = this.#session
        ? await this.#session.infer(inputs, frame.capturedAtMs, signal)
        : { outputs: await inference.infer(inputs, permit ? { signal, permit } : { signal }) };
      monitor.inferred(performance.now() - startedAtMs);
      tracer?.reached(frame.sequence, "infer");
      frame.release?.();
      this.#useCase.release?.(inputs);
      this.#models.answered();
      return { kind: "result", result: answer };
    } catch (error) {
      // What a graph does with its frames is for the graph to say, but not with all of them for long.
      if (error instanceof InferenceError && error.reason === "no_answer") {
        this.#models.unanswered(startedAtMs);
        frame.release?.();
        this.#useCase.release?.(inputs);
        return dropped("no_answer");
      }
      if (!signal.aborted) this.#models.failed(error);
      else if (signal.reason.name === "TimeoutError") this.#models.unanswered(startedAtMs);
      return dropped("error");
    } finally {
      monitor.asked();
    }
  }

  /** Postprocess, then on to the record, by way of the secondary model where there is one. */
  async #deliver(frame: FrameUnderWay, { outputs, stream }: Answer): Promise<void> {
    const { monitor, sinks, secondary, tracer } = this.#parts;
    const { info } = frame;
    tracer?.reached(info.sequence, "order");
    const calledAtMs = performance.now();
    try {
      if (stream && stream !== this.#graphStream) {
        this.#graphStream = stream;
        await this.#useCase.session?.(stream);
      }
      const told = await this.#useCase.postprocess(outputs, info);
      monitor.calls.postprocess.observe((performance.now() - calledAtMs) / 1000);
      tracer?.reached(info.sequence, "postprocess");
      // The use case was slow, or we were stopped just now.
      if (this.#reorder.isTooOld(frame)) return this.#settleLate(frame, told);
      const { analysis, own } = this.#follow(frame, told);
      if (own) frame.events = own;
      const record = (analysis: Analysis) => this.#record(frame, analysis);
      if (!secondary) record(analysis);
      else await secondary.submit({ ...frame, analysis, live: this.#live }, record);
    } catch (error) {
      monitor.useCaseFailed(error);
      this.#settle(frame, "error");
    }
    if (!this.#live) await sinks.room();
  }

  /** The analysis with what the scene adds to it, and the use case's own events. */
  #follow(
    { info, stampMs }: FrameUnderWay,
    told: Analysis,
  ): { readonly analysis: Analysis; readonly own: Analysis["events"] } {
    const { scene, tellEvent, media } = this.#parts;
    if (!scene) {
      media?.note(info, stampMs, told);
      return { analysis: told, own: told.events };
    }
    const { analysis, own, drafts } = scene.update(info, told, media?.sinceKeyMs(stampMs));
    // Before the events, which want pictures of it.
    media?.note(info, stampMs, analysis);
    for (const draft of drafts) tellEvent?.(draft);
    return { analysis, own };
  }

  /** Sinks, live view. */
  #record({ info, stampMs, full, events }: FrameUnderWay, analysis: Analysis): void {
    const { monitor, sinks, view, tracer } = this.#parts;
    full?.release();
    const nowMs = Date.now();
    this.#stays.note(info, events);
    sinks.write(toRecord(info, this.#useCase.name, analysis, nowMs));
    view?.annotate({ ...info, ptsMs: stampMs }, analysis);
    tracer?.reached(info.sequence, "sink");
    tracer?.ended(info.sequence, null);
    monitor.processed(nowMs - info.capturedAtMs, analysis);
  }

  /** Drops a frame before it is analysed. */
  #drop({ frame, underWay }: QueuedFrame, reason: DropReason): void {
    this.#settle(underWay, reason);
    frame.release?.();
  }

  /** No record tells of it any more, but what it tells of has happened. */
  #settleLate(frame: FrameUnderWay, { events = [], detections = [] }: Analysis): void {
    this.#settle(frame, "too_old");
    if (events.length === 0) return;
    this.#stays.note(frame.info, events);
    const late = toRecord(frame.info, this.#useCase.name, { events, detections }, Date.now());
    this.#parts.keepEvents?.(late);
  }

  /** A frame has come to its end without a record. */
  #settle({ info, stampMs, full }: FrameUnderWay, reason: DropReason): void {
    full?.release();
    this.#parts.view?.skip?.(info.stream, stampMs);
    this.#parts.monitor.dropped(reason);
    this.#parts.tracer?.ended(info.sequence, reason);
  }
}

function dropped(reason: DropReason): Outcome<never> {
  return { kind: "dropped", reason };
}
