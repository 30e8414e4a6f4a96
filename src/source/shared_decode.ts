/** One ffmpeg for all streams of a camera, which subscribe to it. */

import type { FrameFormat } from "../frame/frame.ts";
import { type Address, parseAddress } from "./address.ts";
import type { AttemptGate, AttemptPermit } from "./attempt_gate.ts";
import type { BranchReader } from "./branch_reader.ts";
import { isLive, type SizeProbe } from "./ffmpeg_args.ts";
import { FullPictures, pictureFolderName } from "./picture/full_pictures.ts";
import type { RunSetup } from "./run_channels.ts";
import { type SharedBranch, SharedRun } from "./shared_run.ts";
import { isRefused } from "./port_probe.ts";
import { type Source, SourceError, type SourceFrame } from "./source.ts";
import { unlessAborted } from "../unless_aborted.ts";

/** What all streams of a camera have in common. */
export type CameraSetup = Omit<RunSetup, "address" | "polled" | "sizeProbe">;

/** A stream's subscription to a camera; disposing of it says that it will not read again. */
export interface Subscription extends Disposable {
  /** A source of frames for the subscriber; nothing is started before frames are asked for. */
  open(format: FrameFormat): Source;
}

/**
 * Until it is known which frames a subscriber takes (its model may be away), the others wait for it
 * no longer than this. Once it is known, ffmpeg is started anew with one more branch.
 */
const gatherMs = 500;

interface Subscriber {
  readonly stream: string;
  readonly full: boolean;
  /** The format it asked for last; null before it has asked. */
  format: FrameFormat | null;
  /** Others have waited long enough for it to ask. */
  late: boolean;
  /** Resolves with its branch, which it waits for. */
  asking: PromiseWithResolvers<BranchReader | null> | null;
  /** Aborts when the camera works again while this one waits to retry. */
  retryNow: AbortController;
}

/**
 * Runs one ffmpeg for all subscribers of a camera, which come and go. One that leaves costs the
 * others nothing: its branch is drained. One that asks for frames which ffmpeg does not make has it
 * started anew, which costs the others what a reconnection costs.
 *
 * A file is different, as it must be seen from its beginning: it begins once all have asked, and a
 * subscriber that asks again reads it alone.
 */
export class SharedDecode implements AsyncDisposable {
  readonly #setup: CameraSetup;
  readonly #gate: AttemptGate | undefined;
  readonly #address: Address;
  readonly #subscribers = new Set<Subscriber>();
  readonly #reading = new Map<Subscriber, SharedRun>();
  #run: SharedRun | null = null;
  #starting: Promise<void> | null = null;
  #full: Promise<FullPictures> | null = null;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #begun = false;
  /** The permit of the gate, as long as it is not known how the attempt went. */
  #attempt: AttemptPermit | null = null;
  /** The last refusal: while the address still refuses, no ffmpeg is started. */
  #refused: SourceError | null = null;
  readonly #stop = new AbortController();
  /** The run has given a frame. */
  #live = false;
  /** The address answers with one picture, as an earlier run found. */
  #polled = false;
  #sizeProbe: SizeProbe = "short";

  /** `gate`: where attempts to reach a camera wait for their turn, if there are others. */
  constructor(setup: CameraSetup, gate?: AttemptGate) {
    this.#setup = setup;
    this.#gate = gate;
    this.#address = parseAddress(setup.config.url);
  }

  get #returns(): boolean {
    return this.#address.kind !== "file";
  }

  /** Subscribes a stream. `full`: its frames lead to full-size pictures. */
  subscribe(stream: string, full = false): Subscription {
    const retryNow = new AbortController();
    const subscriber: Subscriber = {
      stream,
      full,
      format: null,
      late: false,
      asking: null,
      retryNow,
    };
    this.#subscribers.add(subscriber);
    return {
      open: (format) => this.#open(subscriber, format),
      [Symbol.dispose]: () => {
        this.#subscribers.delete(subscriber);
        this.#consider();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscribers.clear();
    this.#stop.abort();
    clearTimeout(this.#gathering);
    await this.#starting;
    await this.#run?.[Symbol.asyncDispose]();
    await (await this.#full)?.[Symbol.asyncDispose]();
  }

  /** Made on first use. */
  #pictures(): Promise<FullPictures> {
    const { camera, config, guard } = this.#setup;
    return this.#full ??= FullPictures.open(
      pictureFolderName(camera, config.url),
      isLive(this.#address, config),
      guard,
    );
  }

  #open(subscriber: Subscriber, format: FrameFormat): Source {
    const { config } = this.#setup;
    subscriber.retryNow = new AbortController();
    if (this.#live && this.#run?.reader({ ...subscriber, format })) subscriber.retryNow.abort();
    return {
      live: isLive(this.#address, config),
      returns: this.#returns,
      retryNow: subscriber.retryNow.signal,
      frames: (signal) => this.#frames(subscriber, format, signal),
    };
  }

  async *#frames(
    subscriber: Subscriber,
    format: FrameFormat,
    signal: AbortSignal,
  ): AsyncGenerator<SourceFrame, void, void> {
    subscriber.format = format;
    if (this.#begun && !this.#returns) {
      const { stream, full } = subscriber;
      const isAlone = this.#subscribers.size === 1;
      await using run = await this.#openRun([{ stream, full, format }], isAlone);
      using branch = run.reader({ stream, full, format })!.take(signal);
      for (let frame; (frame = await branch.next());) yield frame;
      return;
    }
    for (let again = true; again && !signal.aborted;) {
      /** Time of the frame after which the subscriber reads no more; null = it read them all. */
      let lastMs: number | null = null;
      try {
        using branch = (await this.#enter(subscriber, format, signal))?.take(signal);
        for (let frame; (frame = await branch?.next()); lastMs = null) {
          lastMs = frame.ptsMs;
          yield frame;
        }
      } catch (error) {
        if (error instanceof SourceError && error.reason === "refused") this.#refused = error;
        throw error;
      } finally {
        const run = this.#reading.get(subscriber);
        this.#reading.delete(subscriber);
        if (run?.isPicture) this.#polled = true;
        if (run) this.#sizeProbe = run.nextSizeProbe;
        again = (run?.replaced || run?.isPicture || run?.lacksSize) ?? false;
        if (run && !run.replaced) {
          if (lastMs !== null) await this.#finishPictures(run, lastMs, signal);
          await this.#leave(run);
        }
      }
    }
  }

  /** The subscriber's branch, as soon as there is one; null when the signal aborts before. */
  async #enter(
    subscriber: Subscriber,
    format: FrameFormat,
    signal: AbortSignal,
  ): Promise<BranchReader | null> {
    const run = this.#starting === null ? this.#run : null;
    const reader = run?.reader({ ...subscriber, format });
    if (run && reader) {
      this.#reading.set(subscriber, run);
      return reader;
    }
    const asking = subscriber.asking = Promise.withResolvers();
    const giveUp = () => asking.resolve(null);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      this.#consider();
      return await asking.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
      subscriber.asking = null;
    }
  }

  /** Starts ffmpeg if a subscriber waits for it and no other one has to be awaited. */
  #consider(): void {
    const subscribers = [...this.#subscribers];
    if (this.#starting !== null || !subscribers.some(({ asking }) => asking)) return;
    if (this.#returns) {
      if (subscribers.some(({ format, late }) => format === null && !late)) {
        this.#gathering ??= setTimeout(() => this.#goOn(), gatherMs);
        return;
      }
    } else if (!subscribers.every(({ asking }) => asking)) return;
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#begin();
  }

  #begin(): void {
    this.#starting = this.#start().finally(() => {
      this.#starting = null;
      this.#consider();
    });
  }

  /** Pictures are wanted otherwise now, as when a use case that draws was loaded; a file goes on. */
  get #givesOtherPixels(): boolean {
    const { pictures } = this.#setup;
    if (!pictures || !this.#run || !this.#returns || this.#starting !== null) return false;
    return this.#run.pixels !== null && this.#run.pixels !== pictures.pixels;
  }

  /** Waits no longer for those that have not asked. */
  #goOn(): void {
    this.#gathering = undefined;
    for (const subscriber of this.#subscribers) subscriber.late ||= subscriber.format === null;
    this.#consider();
  }

  async #start(): Promise<void> {
    await this.#run?.replace();
    this.#run = null;
    this.#live = false;
    if (this.#returns) {
      this.#attempt = await this.#gate?.enter(this.#stop.signal) ?? null;
      // All may have left meanwhile.
      if (![...this.#subscribers].some(({ asking }) => asking)) return this.#attempted();
      const refused = this.#refused;
      if (refused !== null && await isRefused(this.#address)) return this.#failed(refused);
      this.#refused = null;
    }
    const branches = [...this.#subscribers].flatMap(({ stream, full, format }) => {
      return format === null ? [] : [{ stream, full, format }];
    });
    let run: SharedRun;
    try {
      run = await this.#openRun(branches, true);
    } catch (error) {
      return this.#failed(error);
    }
    this.#run = run;
    this.#begun = true;
    const served = new Set<string>();
    for (const subscriber of this.#subscribers) {
      const { stream, full, format, asking } = subscriber;
      const reader = format && run.reader({ stream, full, format });
      if (!asking || !reader) continue;
      served.add(stream);
      this.#reading.set(subscriber, run);
      asking.resolve(reader);
    }
    run.drainOthers(served);
    await this.#leave(run);
  }

  /**
   * `isTapped`: packets and pictures are taken as well.
   * @throws {SourceError} when it cannot be started
   */
  async #openRun(branches: readonly SharedBranch[], isTapped: boolean): Promise<SharedRun> {
    const { tap } = this.#setup;
    const pictures = branches.some(({ full }) => full) ? await this.#pictures() : null;
    const sizeProbe = this.#sizeProbe;
    if (sizeProbe === "none") {
      this.#setup.logger.warn(
        "No live view of the source, and no pictures of events: its first key frame comes too late",
      );
    }
    const setup = {
      ...this.#setup,
      address: this.#address,
      polled: this.#polled,
      sizeProbe,
      tap: isTapped && sizeProbe !== "none" ? tap : undefined,
      pictures: isTapped ? this.#setup.pictures : undefined,
    };
    return await SharedRun.open(setup, branches, pictures, () => this.#noticeFrame());
  }

  /** The camera works: those that wait to retry need not wait any longer. */
  #noticeFrame(): void {
    if (this.#givesOtherPixels) this.#begin();
    if (this.#live) return;
    this.#live = true;
    this.#attempted();
    for (const subscriber of this.#subscribers) {
      if (!this.#reading.has(subscriber)) subscriber.retryNow.abort();
    }
  }

  /** Those that wait for this attempt fail with it. */
  #failed(error: unknown): void {
    this.#attempted();
    for (const { asking } of this.#subscribers) asking?.reject(error);
  }

  /** The outcome of the attempt is known: the next one may begin. */
  #attempted(): void {
    this.#attempt?.[Symbol.dispose]();
    this.#attempt = null;
  }

  /** Of a file, pictures go out up to the last frame. */
  async #finishPictures(run: SharedRun, lastMs: number, signal: AbortSignal): Promise<void> {
    if (this.#returns || [...this.#reading.values()].includes(run)) return;
    await unlessAborted(run.finishPictures(lastMs), signal).catch(() => {});
  }

  /** Ends a run without readers. */
  async #leave(run: SharedRun): Promise<void> {
    if ([...this.#reading.values()].includes(run)) return;
    if (this.#run === run) this.#attempted();
    await run[Symbol.asyncDispose]();
    if (this.#run === run) this.#run = null;
  }
}
