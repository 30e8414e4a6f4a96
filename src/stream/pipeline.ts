/** The way of a frame, from the source to the record: {@link Pipeline.#work} and the steps below it. */

import type { Analysis, AnalysisEvent } from "../frame/analysis.ts";
import { type Frame, type FrameInfo, type FullPicture, infoOf } from "../frame/frame.ts";
import type { Tensors } from "../frame/tensor.ts";
import type { Permit } from "../inference/inference.ts";
import { toRecord } from "../sink/record.ts";
import type { SourceFrame } from "../source/source.ts";
import type { UseCaseHost } from "../use_case/host.ts";
import { type Outcome, ReorderBuffer } from "./reorder_buffer.ts";
import { drain } from "./drain.ts";
import { AdmissionQueue } from "./admission_queue.ts";
import type { DropReason } from "./ledger.ts";
import type { ModelWatch } from "./model_watch.ts";
import type { OpenStays } from "./open_stays.ts";
import type { StreamParts } from "./parts.ts";

/** Milliseconds for which frames may wait all the time before the model counts as too slow. */
const burstMs = 500;

/** What frames meet on their way, for as long as the use case wants the same pictures. */
export interface PipelineOptions {
  readonly parts: StreamParts;
  readonly useCase: UseCaseHost;
  readonly models: ModelWatch;
  /** Whether frames come at their own pace; those of a file wait, and have no deadline. */
  readonly live: boolean;
  /** Hears of each record. */
  readonly stays: OpenStays;
}

/** What a source says of a frame, and no plugin is told. */
interface FrameNotes {
  /** The source's own time stamp, which is what the live view knows it by. */
  readonly stampMs: number;
  readonly delayMs: number;
  /** What the use case itself told of the frame. */
  events?: readonly AnalysisEvent[];
}

/** Frames in, records out, in order: a few executors between an admission queue and a reorder buffer. */
export class Pipeline implements Disposable {
  readonly #parts: StreamParts;
  readonly #useCase: UseCaseHost;
  readonly #models: ModelWatch;
  readonly #live: boolean;
  readonly #queue: AdmissionQueue<Frame>;
  readonly #reorder: ReorderBuffer<Tensors>;
  /** Full-size pictures of frames that are under way. */
  readonly #full = new WeakMap<FrameInfo, FullPicture>();
  /** What else the source said of them. */
  readonly #notes = new WeakMap<FrameInfo, FrameNotes>();
  readonly #stays: OpenStays;
  readonly #giveUp = new AbortController();
  readonly #executors: readonly Promise<void>[];

  constructor({ parts, useCase, models, live, stays }: PipelineOptions) {
    this.#parts = parts;
    this.#useCase = useCase;
    this.#models = models;
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
      delayMs: (frame) => this.#notes.get(frame)?.delayMs ?? 0,
      capacity: executors + waiting,
      deliver: (frame, outputs) => this.#deliver(frame, outputs),
      drop: (frame, reason) => this.#settle(frame, reason),
    });
    parts.monitor.queueLength = () => this.#queue.size;
    this.#executors = Array.from({ length: executors }, () => this.#work());
  }

  /** Resolves when a frame of a source that can wait may come; undefined for a live one. */
  space(): Promise<void> | undefined {
    return this.#live ? undefined : this.#queue.space();
  }

  /** Takes a frame in, or drops it at once. */
  accept(read: SourceFrame): void {
    const { monitor, tracer } = this.#parts;
    // A source counts its own run; the stream's numbers and times go on over all of them.
    const frame: Frame = {
      ...infoOf(read),
      sequence: monitor.ledger.received,
      ptsMs: this.#parts.clock.next(read, this.#live),
      data: read.data,
      ...read.release && { release: read.release },
    };
    if (read.full) this.#full.set(frame, read.full);
    this.#notes.set(frame, { stampMs: read.ptsMs, delayMs: read.delayMs ?? 0 });
    monitor.received();
    tracer?.begin(frame);
    // What was kept in pipes and sockets while somebody was stopped costs no more than this.
    if (read.still) this.#drop(frame, "skipped");
    else if (this.#reorder.isTooOld(frame)) this.#drop(frame, "too_old");
    else for (const older of this.#queue.push(frame)) this.#drop(older, "queue_full");
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
        this.#queue.clear().forEach((frame) => this.#settle(frame, "skipped"));
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
      const frame = this.#queue.take();
      if (!frame) continue;
      this.#parts.tracer?.reached(frame.sequence, "queue");
      if (this.#reorder.isTooOld(frame)) {
        this.#drop(frame, "too_old");
        continue;
      }
      const startedAtMs = performance.now();
      // Without the pixels: they are done with long before the frame is delivered.
      const info = infoOf(frame);
      const full = this.#full.get(frame);
      if (full) this.#full.set(info, full);
      this.#notes.set(info, this.#notes.get(frame)!);
      const slot = this.#reorder.reserve(info);
      slot.settle(await this.#analyse(frame, slot.signal, permit));
      this.#queue.worked(performance.now() - startedAtMs);
    }
  }

  /** A permit to ask the model; undefined where none is needed, and when it is given up. */
  #acquire(): Promise<Permit | undefined> | undefined {
    const { signal } = this.#giveUp;
    return this.#parts.inference.acquire?.({ signal }).catch((error) => {
      if (!signal.aborted) throw error;
      return undefined;
    });
  }

  /** Preprocess, infer. */
  async #analyse(
    frame: Frame,
    signal: AbortSignal,
    permit: Permit | undefined,
  ): Promise<Outcome<Tensors>> {
    const { monitor, inference, tracer } = this.#parts;
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
      const outputs = await inference.infer(inputs, permit ? { signal, permit } : { signal });
      monitor.inferred(performance.now() - startedAtMs);
      tracer?.reached(frame.sequence, "infer");
      frame.release?.();
      this.#useCase.release?.(inputs);
      this.#models.answered();
      return { kind: "result", result: outputs };
    } catch (error) {
      if (!signal.aborted) this.#models.failed(error);
      else if (signal.reason.name === "TimeoutError") this.#models.unanswered(startedAtMs);
      return dropped("error");
    } finally {
      monitor.asked();
    }
  }

  /** Postprocess, then on to the record, by way of the secondary model where there is one. */
  async #deliver(frame: FrameInfo, outputs: Tensors): Promise<void> {
    const { monitor, sinks, secondary, tracer } = this.#parts;
    tracer?.reached(frame.sequence, "order");
    const calledAtMs = performance.now();
    try {
      const told = await this.#useCase.postprocess(outputs, frame);
      monitor.calls.postprocess.observe((performance.now() - calledAtMs) / 1000);
      tracer?.reached(frame.sequence, "postprocess");
      // The use case was slow, or we were stopped just now.
      if (this.#reorder.isTooOld(frame)) return this.#settleLate(frame, told);
      const notes = this.#notes.get(frame);
      const { analysis, own } = this.#follow(frame, told);
      if (notes && own) notes.events = own;
      const record = (analysis: Analysis) => this.#record(frame, analysis);
      const full = this.#full.get(frame);
      if (!secondary) record(analysis);
      else {
        const delayMs = notes?.delayMs ?? 0;
        await secondary.submit({ frame, analysis, full, live: this.#live, delayMs }, record);
      }
    } catch (error) {
      monitor.useCaseFailed(error);
      this.#settle(frame, "error");
    }
    if (!this.#live) await sinks.room();
  }

  /** What is added by whoever follows objects. */
  #follow(
    frame: FrameInfo,
    told: Analysis,
  ): { readonly analysis: Analysis; readonly own: Analysis["events"] } {
    const { scene, tellEvent } = this.#parts;
    if (!scene) return { analysis: told, own: told.events };
    const { analysis, own, drafts } = scene.update(frame, told);
    for (const draft of drafts) tellEvent?.(draft);
    return { analysis, own };
  }

  /** Sinks, live view. */
  #record(frame: FrameInfo, analysis: Analysis): void {
    const { monitor, sinks, view, tracer } = this.#parts;
    this.#full.get(frame)?.release();
    const nowMs = Date.now();
    const notes = this.#notes.get(frame);
    this.#stays.note(frame, notes?.events ?? []);
    sinks.write(toRecord(frame, this.#useCase.name, analysis, nowMs));
    view?.annotate({ ...frame, ptsMs: notes?.stampMs ?? frame.ptsMs }, analysis);
    tracer?.reached(frame.sequence, "sink");
    tracer?.ended(frame.sequence, null);
    monitor.processed(nowMs - frame.capturedAtMs, analysis);
  }

  /** Gives a frame up before anybody worked on it. */
  #drop(frame: Frame, reason: DropReason): void {
    this.#settle(frame, reason);
    frame.release?.();
  }

  /** No record tells of it any more, but what it tells of has happened. */
  #settleLate(frame: FrameInfo, { events = [], detections = [] }: Analysis): void {
    this.#settle(frame, "too_old");
    if (events.length === 0) return;
    this.#stays.note(frame, events);
    const late = toRecord(frame, this.#useCase.name, { events, detections }, Date.now());
    this.#parts.keepEvents?.(late);
  }

  /** A frame has come to its end without a record. */
  #settle(frame: FrameInfo, reason: DropReason): void {
    this.#full.get(frame)?.release();
    this.#parts.monitor.dropped(reason);
    this.#parts.tracer?.ended(frame.sequence, reason);
  }
}

function dropped(reason: DropReason): Outcome<never> {
  return { kind: "dropped", reason };
}
