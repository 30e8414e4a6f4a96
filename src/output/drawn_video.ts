/** A camera's video with what was found drawn into it: drawn and encoded once for all outputs. */

import type { Logger } from "@logtape/logtape";
import type { Analysis } from "../frame/analysis.ts";
import { Channel } from "../frame/channel.ts";
import type { PacketTap } from "../frame/camera_packet.ts";
import type { DecodedPicture, PictureTap, Pixels } from "../frame/decoded_picture.ts";
import { MemoryPool } from "../frame/memory_pool.ts";
import { RateLimitedReport } from "../log/rate_limited_report.ts";
import { unlessAborted } from "../unless_aborted.ts";
import type { ChildGuard } from "../process_guard.ts";
import type { DrawStream } from "../use_case/host.ts";
import { RgbaCanvas, YuvCanvas } from "../view/canvas.ts";
import { drawAnalysis } from "../view/draw_analysis.ts";
import { isSetBack, PictureSynchroniser } from "../view/picture_synchroniser.ts";
import { loadTypefaces } from "../view/text.ts";
import { VideoEncoder } from "./video_encoder.ts";

/** What all outputs of a camera have in common. */
export interface OutputOptions {
  readonly camera: string;
  readonly guard: ChildGuard;
  readonly logger: Logger;
  readonly memoryMb: number | undefined;
  /** How ffmpeg uses hardware to decode, whose encoder is tried too; null = it does not. */
  readonly hwaccel: string | null;
  /** The source is a file that waits: every picture goes out. */
  readonly isPaced: boolean;
  /** Of such a file, every frame has a result or is told to have none, however long that takes. */
  readonly isComplete: boolean;
  /** Streams that look at the camera. */
  streams(): readonly string[];
  readonly draw: DrawStream;
  /** Streams without whose `draw` no picture may leave, not even as the camera's own packets. */
  mustDraw(): readonly string[];
}

/** Pictures that may wait for their result: memory, at 3.1 MB each of 1920×1080. */
const keptPictures = 10;
/**
 * Results that a file may be ahead of what was drawn of it, where use cases draw: they keep no more of
 * what they have to show.
 */
const mostResultsAhead = 4;

/** Every picture goes out in its order; those that come faster than they are encoded are left out. */
export class DrawnVideo implements AsyncDisposable {
  readonly tap: PictureTap;
  readonly #options: OutputOptions;
  readonly #pool = new MemoryPool(keptPictures + 4);
  readonly #synchroniser: PictureSynchroniser<DecodedPicture>;
  readonly #encoder: VideoEncoder;
  readonly #news = new Channel<null>(1);
  readonly #ending = new AbortController();
  readonly #errors: RateLimitedReport;
  readonly #work: Promise<void>;
  /** Of a file: times of results whose pictures are still to be drawn. */
  #resultsMs: number[] = [];
  /** Time of the picture that came last. */
  #lastMs = -Infinity;
  /** Pictures that no output was given. */
  readonly #leftOut = { undrawn: 0, withheld: 0 };
  /** The file has ended. */
  #isOver = false;
  #progress = Promise.withResolvers<void>();

  /** `taker` takes the encoded pictures. */
  constructor(options: OutputOptions, taker: PacketTap) {
    this.#options = options;
    const { guard, logger, hwaccel, isPaced, isComplete } = options;
    this.#synchroniser = new PictureSynchroniser<DecodedPicture>(
      ({ data }) => {
        this.#leftOut.undrawn++;
        this.#pool.give(data.buffer);
      },
      { kept: keptPictures, mode: isComplete ? "patient" : "ordered" },
    );
    this.#errors = new RateLimitedReport((count, error) =>
      logger.warn("Outputs with boxes: {error}{times}", {
        error,
        times: count > 1 ? ` (${count} times)` : "",
      })
    );
    this.#encoder = new VideoEncoder(guard, logger, hwaccel, taker);
    const pixels = () => this.#pixels;
    this.tap = {
      get pixels() {
        return pixels();
      },
      pool: this.#pool,
      begin: () => this.#begin(),
      write: (picture) => this.#take(picture),
      miss: () => void this.#leftOut.undrawn++,
      end: (lastMs) => {
        this.#synchroniser.dropAfter(lastMs);
        this.#isOver = isPaced;
        this.#news.send(null);
        this.#tellProgress();
      },
    };
    this.#work = this.#drawAndEncode();
  }

  /** Pictures that came and were not encoded: passed over or failed, or not to be shown. */
  get leftOut(): { readonly undrawn: number; readonly withheld: number } {
    return { ...this.#leftOut };
  }

  annotate(stream: string, ptsMs: number, analysis: Analysis): void {
    this.#synchroniser.addResult(stream, ptsMs, analysis, performance.now());
    if (this.#options.isPaced) this.#resultsMs.push(ptsMs);
    this.#news.send(null);
  }

  /** Of the picture of this time the stream has no result. */
  skip(stream: string, ptsMs: number): void {
    this.#synchroniser.skip(stream, ptsMs, performance.now());
    this.#news.send(null);
  }

  /** A stream shows this camera no longer; what it said still belongs to the pictures of its time. */
  leave(stream: string): void {
    this.#synchroniser.leave(stream);
  }

  /**
   * Of a file: no more results of this stream will come. Resolves when all of its pictures are drawn,
   * which takes the use case, or the signal aborts.
   */
  async drain(stream: string, signal: AbortSignal): Promise<void> {
    if (!this.#options.isPaced) return;
    this.#synchroniser.leave(stream);
    this.#news.send(null);
    await unlessAborted(this.#work, signal).catch(() => {});
  }

  /** Resolves when a file may be read on. */
  async room(): Promise<void> {
    if (this.#pixels !== "rgba") return;
    const most = mostResultsAhead * this.#options.streams().length;
    const isDone = () => this.#isOver || this.#ending.signal.aborted;
    while (this.#resultsMs.length > most && !isDone()) {
      await this.#progress.promise;
    }
  }

  /** What has not been drawn until now stays here: what hides something may be gone already. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.#news.close();
    this.#tellProgress();
    await this.#work;
    await this.#encoder[Symbol.asyncDispose]();
    this.#errors[Symbol.dispose]();
  }

  /** RGBA for use cases that draw, which know no other; it costs twice as much. */
  get #pixels(): Pixels {
    return this.#options.mustDraw().length > 0 ? "rgba" : "yuv420p";
  }

  #begin(): void {
    this.#synchroniser.clear();
    this.#resultsMs = [];
    this.#lastMs = -Infinity;
    this.#isOver = false;
    const nowMs = performance.now();
    for (const stream of this.#options.streams()) this.#synchroniser.expect(stream, nowMs);
    this.#encoder.begin();
  }

  async #take(picture: DecodedPicture): Promise<void> {
    const ptsMs = picture.ptsMs ?? this.#lastMs;
    if (isSetBack(this.#lastMs, ptsMs)) {
      await this.#roomFor(keptPictures);
      // As with another run: encoders and files have times that rise.
      this.#synchroniser.setBack();
      this.#encoder.begin();
    }
    this.#lastMs = ptsMs;
    await this.#roomFor(1);
    this.#synchroniser.addPicture(picture, performance.now());
    this.#news.send(null);
  }

  /** Resolves when so many more pictures may wait; a camera never waits for it. */
  async #roomFor(pictures: number): Promise<void> {
    const isFull = () => this.#synchroniser.size > keptPictures - pictures;
    while (this.#options.isPaced && isFull() && !this.#ending.signal.aborted) {
      await this.#progress.promise;
    }
  }

  async #drawAndEncode(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const match = this.#synchroniser.take(performance.now());
      if (match === null) {
        if (this.#isOver && this.#synchroniser.size === 0) return;
        await this.#somethingNew();
        continue;
      }
      const { picture, analyses } = match;
      try {
        if (await this.#draw(picture, analyses)) await this.#encoder.encode(picture);
        else this.#leftOut.withheld++;
      } catch (error) {
        this.#leftOut.undrawn++;
        if (!this.#ending.signal.aborted) this.#errors.add(error);
      }
      this.#pool.give(picture.data.buffer);
      this.#resultsMs = this.#resultsMs.filter((ptsMs) =>
        ptsMs > (picture.ptsMs ?? -Infinity) + 0.5
      );
      this.#tellProgress();
    }
  }

  #tellProgress(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }

  /** False for a picture that may not leave. */
  async #draw(
    picture: DecodedPicture,
    analyses: ReadonlyMap<string, Analysis>,
  ): Promise<boolean> {
    const mustDraw = this.#options.mustDraw();
    if (!mustDraw.every((stream) => analyses.has(stream))) return false;
    const isYuv = picture.pixels === "yuv420p";
    // It was decoded before anything had to be hidden.
    if (isYuv && mustDraw.length > 0) return false;
    const canvas = isYuv ? new YuvCanvas(picture, picture.tags) : new RgbaCanvas(picture);
    const typefaces = await loadTypefaces();
    for (const analysis of analyses.values()) {
      drawAnalysis(canvas, analysis, typefaces, analyses.size);
    }
    if (isYuv) return true;
    const { width, height, data } = picture;
    for (const [stream, analysis] of analyses) {
      try {
        await this.#options.draw({ width, height, data }, analysis, stream);
      } catch (error) {
        this.#errors.add(error);
        if (mustDraw.includes(stream)) return false;
      }
    }
    return true;
  }

  async #somethingNew(): Promise<void> {
    const dueInMs = this.#synchroniser.dueInMs(performance.now());
    const timer = dueInMs === null
      ? undefined
      : setTimeout(() => this.#news.send(null), dueInMs + 1);
    await this.#news.receive();
    clearTimeout(timer);
  }
}
