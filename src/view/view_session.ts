/** The work behind a live view while it has viewers: decode, synchronise, draw, encode once. */

import type { Logger } from "@logtape/logtape";
import { pause } from "../backoff.ts";
import type { Analysis } from "../frame/analysis.ts";
import type { CameraPacket, CodecParameters, Display } from "../frame/camera_packet.ts";
import { MemoryPool } from "../frame/memory_pool.ts";
import { describeError } from "../log/describe_error.ts";
import { RateLimitedReport } from "../log/rate_limited_report.ts";
import { RgbaCanvas } from "./canvas.ts";
import { DecoderSupervisor } from "./decoder_supervisor.ts";
import { drawAnalysis } from "./draw_analysis.ts";
import type { GopBuffer } from "./gop_buffer.ts";
import { JpegEncoder } from "./jpeg_encoder.ts";
import type { DecodedPicture } from "../frame/decoded_picture.ts";
import { type Match, PictureSynchroniser } from "./picture_synchroniser.ts";
import { placeholderJpeg } from "./placeholder.ts";
import type { Caption, EncodedPicture, StreamViewOptions, ViewSize } from "./view_options.ts";
import type { Picture } from "../use_case/use_case.ts";
import { loadTypefaces } from "./text.ts";

/** Settings of a session, and callbacks for what it made. */
export interface ViewSessionOptions extends StreamViewOptions {
  readonly caption: () => Caption;
  readonly size: ViewSize;
  /** How pictures are to be shown; null = as the stream itself says. */
  readonly display: () => Display | null;
  /** How the packets are encoded; null = not known yet. */
  readonly parameters: () => CodecParameters | null;
  /** What a decoder begins with. */
  readonly group: GopBuffer;
  /** Takes each JPEG for all viewers. */
  readonly onJpeg: (picture: EncodedPicture) => void;
  /** Called for each picture encoded. */
  readonly onEncode: () => void;
}

/** No new picture for so long: viewers get the last one again, so that dead ones are found out. */
const repeatMs = 5000;
/** A viewer waits so long for the first picture before it is shown why there is none. */
const placeholderMs = 1000;

/** Megabytes each: those that wait for their result, one that is filled, one that is encoded. */
const keptPictures = 10;

/** Lives from the first viewer to the last. */
export class ViewSession implements AsyncDisposable {
  readonly #options: ViewSessionOptions;
  readonly #pool = new MemoryPool(keptPictures);
  readonly #synchroniser = new PictureSynchroniser<DecodedPicture>(({ data }) =>
    this.#pool.give(data.buffer)
  );
  readonly #encoder: JpegEncoder;
  readonly #decoder: DecoderSupervisor;
  readonly #errors: RateLimitedReport;
  readonly #ending = new AbortController();
  readonly #work: Promise<unknown>;
  #isCrowded = false;
  #wake: (() => void) | null = null;
  #latest: EncodedPicture | null = null;
  #latestAtMs = performance.now();
  /** What the placeholder says that was sent last; null once there was a picture. */
  #placeholder: string | null = "";

  constructor(options: ViewSessionOptions) {
    this.#options = options;
    const { guard, memoryMb, logger, group, size, display, parameters } = options;
    this.#errors = new RateLimitedReport((count, error) => report(logger, error, count), {
      intervalMs: 10_000,
    });
    this.#encoder = new JpegEncoder(guard);
    this.#decoder = new DecoderSupervisor({
      guard,
      logger,
      pool: this.#pool,
      group,
      size,
      display,
      parameters,
      memoryMb,
      onPicture: (picture) => this.#takePicture(picture),
    });
    this.#work = Promise.all([this.#drawAndEncode(), this.#attend()]);
  }

  /** The newest JPEG; null before the first. */
  get latest(): EncodedPicture | null {
    return this.#latest;
  }

  begin(): void {
    this.#decoder.begin();
    this.#synchroniser.clear();
  }

  write(packet: CameraPacket): void {
    this.#decoder.write(packet);
  }

  annotate(stream: string, ptsMs: number, analysis: Analysis): void {
    const { size, mustDraw } = this.#options;
    // Clients that draw boxes get the results apart, so that no picture has to wait for them.
    if (size === "plain" && !mustDraw?.().includes(stream)) return;
    this.#synchroniser.addResult(stream, ptsMs, analysis, performance.now());
    this.#wake?.();
  }

  forget(stream: string): void {
    this.#synchroniser.forget(stream);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.#wake?.();
    await Promise.all([
      this.#decoder[Symbol.asyncDispose](),
      this.#encoder[Symbol.asyncDispose](),
      this.#work,
    ]);
    this.#errors[Symbol.dispose]();
  }

  #takePicture(picture: DecodedPicture): void {
    this.#synchroniser.addPicture(picture, performance.now());
    this.#wake?.();
  }

  async #drawAndEncode(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const match = this.#synchroniser.take(performance.now());
      if (match === null) {
        await this.#somethingNew();
        continue;
      }
      try {
        const jpeg = await this.#makeJpeg(match);
        if (jpeg !== null) {
          this.#publish({ jpeg, ptsMs: match.picture.ptsMs });
          this.#placeholder = null;
        }
      } catch (error) {
        // Ending takes the encoder away under its last picture.
        if (!this.#ending.signal.aborted) this.#errors.add(error);
        await pause(1000, this.#ending.signal);
      }
      this.#pool.give(match.picture.data.buffer);
    }
  }

  /** Null for a picture that may not be shown. */
  async #makeJpeg({ picture, analyses }: Match<DecodedPicture>): Promise<Uint8Array | null> {
    const mustDraw = this.#options.mustDraw?.() ?? [];
    if (!mustDraw.every((stream) => analyses.has(stream))) return null;
    const drawn = { width: picture.width, height: picture.height, data: picture.data };
    if (this.#options.size !== "plain") await this.#drawBoxes(drawn, analyses);
    for (const [stream, analysis] of analyses) {
      try {
        await this.#options.draw?.(drawn, analysis, stream);
      } catch (error) {
        this.#errors.add(
          new Error("Cannot draw into the live view: the use case failed", { cause: error }),
        );
        if (mustDraw.includes(stream)) return null;
      }
    }
    this.#options.onEncode();
    return await this.#encoder.encode(drawn);
  }

  async #drawBoxes(picture: Picture, analyses: ReadonlyMap<string, Analysis>): Promise<void> {
    const typefaces = await loadTypefaces();
    const canvas = new RgbaCanvas(picture);
    for (const [stream, analysis] of analyses) {
      const isWhole = drawAnalysis(canvas, analysis, typefaces, analyses.size);
      if (!isWhole) this.#tellCrowded(stream);
    }
  }

  /** Once for as long as there are viewers. */
  #tellCrowded(stream: string): void {
    if (this.#isCrowded) return;
    this.#isCrowded = true;
    this.#options.logger.warn(
      "Live view: some of what {stream} has to show is left out, drawing all of it takes too long",
      { stream },
    );
  }

  #publish(picture: EncodedPicture): void {
    this.#latest = picture;
    this.#latestAtMs = performance.now();
    this.#options.onJpeg(picture);
  }

  async #somethingNew(): Promise<void> {
    const dueInMs = this.#synchroniser.dueInMs(performance.now());
    const timer = dueInMs === null ? undefined : setTimeout(() => this.#wake?.(), dueInMs + 1);
    await new Promise<void>((resolve) => this.#wake = resolve);
    clearTimeout(timer);
  }

  /** Sees to it that viewers get something when the camera gives nothing. */
  async #attend(): Promise<void> {
    while (await pause(placeholderMs / 2, this.#ending.signal)) {
      const idleMs = performance.now() - this.#latestAtMs;
      if (this.#placeholder !== null && idleMs >= placeholderMs) {
        await this.#showPlaceholder().catch((error) => this.#errors.add(error));
      } else if (this.#latest !== null && idleMs >= repeatMs) this.#publish(this.#latest);
    }
  }

  async #showPlaceholder(): Promise<void> {
    const { title, sentence } = this.#options.caption();
    const text = `${title}\n${sentence}`;
    if (text === this.#placeholder) {
      if (this.#latest !== null) this.#publish(this.#latest);
      return;
    }
    const jpeg = await placeholderJpeg(title, sentence);
    // A picture may have come meanwhile.
    if (this.#placeholder === null) return;
    this.#placeholder = text;
    this.#publish({ jpeg, ptsMs: null });
  }
}

function report(logger: Logger, error: unknown, count: number): void {
  const times = count > 1 ? ` (${count} times)` : "";
  logger.warn("Live view: {reason}{times}", { reason: describeError(error), times });
}
