/** A camera's video with what was found drawn into it: decoded, drawn and encoded once for all outputs. */

import type { Logger } from "@logtape/logtape";
import type { Analysis } from "../frame/analysis.ts";
import { Channel } from "../frame/channel.ts";
import type { CameraPacket, CodecParameters, Display, PacketTap } from "../frame/camera_packet.ts";
import { MemoryPool } from "../frame/memory_pool.ts";
import { RateLimitedReport } from "../log/rate_limited_report.ts";
import { pause } from "../backoff.ts";
import { unlessAborted } from "../unless_aborted.ts";
import type { ChildGuard } from "../process_guard.ts";
import type { DrawStream } from "../use_case/host.ts";
import { DecoderSupervisor } from "../view/decoder_supervisor.ts";
import { RgbaCanvas, YuvCanvas } from "../view/canvas.ts";
import { drawAnalysis } from "../view/draw_analysis.ts";
import type { Pixels } from "../view/ffmpeg_args.ts";
import { GopBuffer } from "../view/gop_buffer.ts";
import type { DecodedPicture } from "../view/picture_decoder.ts";
import { PictureSynchroniser } from "../view/picture_synchroniser.ts";
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
  /** The source is a file that waits: every picture goes out, with its own results. */
  readonly isPaced: boolean;
  /** Streams that look at the camera. */
  streams(): readonly string[];
  readonly draw: DrawStream;
  /** Streams without whose `draw` no picture may leave, not even as the camera's own packets. */
  mustDraw(): readonly string[];
}

/** Pictures that may wait for their result: memory, at 3.1 MB each of 1920×1080. */
const keptPictures = 10;
/** Pictures that a file may be ahead of what was encoded of it. */
const mostAhead = 100;
/**
 * Results that a file may be ahead of what was drawn of it, where use cases draw: they keep no more of
 * what they have to show.
 */
const mostResultsAhead = 4;
/** A camera's packets wait so long for a busy decoder at most: then pictures are left out. */
const longestWaitMs = 2000;
/** So long a file waits for an encoder that makes no progress. */
const patienceMs = 5000;

/** Every picture goes out in its order; those that come faster than they are encoded are left out. */
export class DrawnVideo implements AsyncDisposable {
  readonly tap: PacketTap;
  readonly #options: OutputOptions;
  readonly #pool = new MemoryPool(keptPictures + 4);
  readonly #synchroniser: PictureSynchroniser<DecodedPicture>;
  readonly #group = new GopBuffer();
  readonly #decoder: DecoderSupervisor;
  readonly #encoder: VideoEncoder;
  readonly #news = new Channel<null>(1);
  readonly #ending = new AbortController();
  readonly #errors: RateLimitedReport;
  readonly #work: Promise<void>;
  #parameters: CodecParameters | null = null;
  #display: Display | null = null;
  /** RGBA for use cases that draw, which know no other; it costs twice as much. */
  #pixels: Pixels = "yuv420p";
  /** Pictures that were fed and have not been encoded. */
  #ahead = 0;
  /** Of a file: times of results whose pictures are still to be drawn. */
  #resultsMs: number[] = [];
  /** The file has ended, and all of its pictures are decoded. */
  #isDecoded = false;
  #progress = Promise.withResolvers<void>();

  /** `taker` takes the encoded pictures. */
  constructor(options: OutputOptions, taker: PacketTap) {
    this.#options = options;
    const { guard, logger, memoryMb, hwaccel, isPaced } = options;
    this.#synchroniser = new PictureSynchroniser<DecodedPicture>(
      ({ data }) => this.#pool.give(data.buffer),
      { kept: keptPictures, mode: isPaced ? "patient" : "ordered" },
    );
    this.#errors = new RateLimitedReport((count, error) =>
      logger.warn("Outputs with boxes: {error}{times}", {
        error,
        times: count > 1 ? ` (${count} times)` : "",
      })
    );
    this.#encoder = new VideoEncoder(guard, logger, hwaccel, taker);
    this.#decoder = new DecoderSupervisor({
      ...{ guard, logger, memoryMb, isPaced, pool: this.#pool, group: this.#group, size: "whole" },
      title: "Outputs with boxes",
      longestWaitMs: isPaced ? Infinity : longestWaitMs,
      display: () => this.#display,
      parameters: () => this.#parameters,
      pixels: () => this.#pixels,
      onPicture: async (picture) => {
        while (isPaced && this.#synchroniser.size >= keptPictures && !this.#ending.signal.aborted) {
          await this.#progress.promise;
        }
        this.#synchroniser.addPicture(picture, performance.now());
        this.#news.send(null);
      },
    });
    this.tap = {
      begin: () => {
        this.#parameters = this.#display = null;
        this.#group.clear();
        this.#decoder.begin();
        this.#pixels = options.mustDraw().length > 0 ? "rgba" : "yuv420p";
        this.#synchroniser.clear();
        this.#ahead = 0;
        this.#resultsMs = [];
        const nowMs = performance.now();
        for (const stream of options.streams()) this.#synchroniser.expect(stream, nowMs);
        this.#encoder.begin();
      },
      describe: (parameters) => void (this.#parameters = parameters),
      show: (display) => {
        this.#display = display;
        this.#decoder.begin();
      },
      write: (packet: CameraPacket) => {
        if (packet.kind !== "video") return;
        this.#ahead++;
        if (this.#pixels !== "rgba" && options.mustDraw().length > 0) {
          this.#pixels = "rgba";
          this.#decoder.begin();
        }
        // The packets since the key frame are for a decoder that has to begin anew.
        this.#group.push(packet);
        this.#decoder.write(packet);
      },
      end: () => {
        if (isPaced) void this.#decodeRest();
      },
    };
    this.#work = this.#drawAndEncode();
  }

  annotate(stream: string, ptsMs: number, analysis: Analysis): void {
    this.#synchroniser.addResult(stream, ptsMs, analysis, performance.now());
    if (this.#options.isPaced) this.#resultsMs.push(ptsMs);
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
    const most = mostResultsAhead * this.#options.streams().length;
    const isFarAhead = () =>
      this.#ahead > mostAhead || this.#pixels === "rgba" && this.#resultsMs.length > most;
    while (isFarAhead() && !this.#ending.signal.aborted) {
      const before = this.#ahead;
      await Promise.race([this.#progress.promise, pause(patienceMs, this.#ending.signal)]);
      if (this.#ahead === before) return;
    }
  }

  /** What has not been drawn until now stays here: what hides something may be gone already. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.#news.close();
    this.#tellProgress();
    await this.#decoder[Symbol.asyncDispose]();
    await this.#work;
    await this.#encoder[Symbol.asyncDispose]();
    this.#errors[Symbol.dispose]();
  }

  async #decodeRest(): Promise<void> {
    await this.#decoder.finish();
    this.#isDecoded = true;
    this.#news.send(null);
  }

  async #drawAndEncode(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const match = this.#synchroniser.take(performance.now());
      if (match === null) {
        if (this.#isDecoded && this.#synchroniser.size === 0) return;
        await this.#somethingNew();
        continue;
      }
      const { picture, analyses } = match;
      try {
        if (await this.#draw(picture, analyses)) await this.#encoder.encode(picture);
      } catch (error) {
        if (!this.#ending.signal.aborted) this.#errors.add(error);
      }
      this.#pool.give(picture.data.buffer);
      this.#resultsMs = this.#resultsMs.filter((ptsMs) =>
        ptsMs > (picture.ptsMs ?? -Infinity) + 0.5
      );
      this.#ahead = Math.max(0, this.#ahead - 1);
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
