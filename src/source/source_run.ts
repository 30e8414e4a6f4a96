/** One run of a source: ffmpeg, what it says, and the frames that come of both. */

import type { Logger } from "@logtape/logtape";
import type { SourceConfig } from "../config/resolved.ts";
import { bytesPerPixel, type Frame, type FrameFormat, type Region } from "../frame/frame.ts";
import { maskSecrets, maskUrl } from "../log/mask.ts";
import type { Address } from "./address.ts";
import { ffmpegArgs } from "./ffmpeg_args.ts";
import { parseFfmpegLine, type PictureSize } from "./ffmpeg_line.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import type { ProcessGuard } from "../process_guard.ts";
import { readJpegFrames, readRawFrames } from "./read_frames.ts";
import { classify, type FfmpegMessage } from "./reason.ts";
import { SourceError } from "./source.ts";
import type { TapSocket } from "./tap_socket.ts";
import { Timeline } from "./timeline.ts";
import { Watchdog } from "./watchdog.ts";

/** Messages kept for the error at the end: what went wrong stands among the last. */
const messagesKept = 64;

/** Frames whose memory is kept: as many as are on their way in a stream that keeps up. */
const spareFrames = 8;

/** What a run needs. */
export interface SourceRunOptions {
  /** Name of the stream that the frames belong to. */
  readonly stream: string;
  readonly address: Address;
  readonly config: SourceConfig;
  readonly format: FrameFormat;
  readonly logger: Logger;
  readonly guard: ProcessGuard;
  readonly tap: TapSocket | null;
  readonly signal: AbortSignal;
}

/** One ffmpeg and its frames. */
export class SourceRun implements AsyncDisposable {
  readonly #options: SourceRunOptions;
  readonly #logger: Logger;
  /** The source as it may be shown. */
  readonly #name: string;
  readonly #signal: AbortSignal;
  readonly #process: FfmpegProcess;
  readonly #timeline = new Timeline();
  readonly #watchdog: Watchdog;
  readonly #messages: FfmpegMessage[] = [];
  readonly #firstSize = Promise.withResolvers<PictureSize | null>();
  /** Memory of frames that were given back. */
  readonly #spare: ArrayBuffer[] = [];
  #stalled = false;
  #frames = 0;

  /** @throws {SourceError} `ffmpeg_missing` */
  constructor(options: SourceRunOptions) {
    const { address, config, format, guard, logger, tap, signal } = this.#options = options;
    this.#logger = logger;
    this.#name = maskUrl(config.url);
    this.#signal = signal;
    this.#watchdog = new Watchdog(config.stallTimeoutMs, () => this.#stall());
    const args = ffmpegArgs({ address, config, format, tapSocket: tap?.path ?? null });
    logger.debug("ffmpeg {args}", { args: this.#mask(args.join(" ")) });
    this.#process = new FfmpegProcess({ args, guard, onLine: (line) => this.#hear(line) });
    this.#process.ended.then(() => this.#end());
    signal.addEventListener("abort", this.#stop);
    // Waiting for a camera that pushes may take for ever; the first sign of it wakes the watchdog.
    if (!config.rtspListen) this.#watchdog.feed();
  }

  /**
   * The frames, until the source ends.
   * @throws {SourceError}
   */
  async *frames(): AsyncGenerator<Frame, void, void> {
    const { stream, format } = this.#options;
    for await (const data of this.#pictures()) {
      const stamp = await this.#timeline.next();
      this.#watchdog.rest();
      const size = await this.#frameSize();
      if (stamp === null || size === null) break;
      yield {
        stream,
        sequence: this.#frames++,
        ...stamp,
        ...size,
        pixelFormat: format.pixelFormat,
        data,
        release: () => this.#release(data),
      };
      this.#watchdog.feed();
    }
    const status = await this.#process.finish();
    if (this.#signal.aborted) return;
    const error = this.#verdict(status);
    if (error !== null) throw error;
  }

  async *#pictures(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const { pixelFormat } = this.#options.format;
    if (pixelFormat === "jpeg") return yield* readJpegFrames(this.#process.stdout);
    const size = await this.#frameSize();
    if (size === null) return await this.#process.stdout.cancel();
    const frameBytes = size.width * size.height * bytesPerPixel[pixelFormat];
    yield* readRawFrames(this.#process.stdout, frameBytes, this.#spare);
  }

  /** Keeps a frame's memory for a later one, unless it was transferred and is elsewhere now. */
  #release({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (!buffer.detached && this.#spare.length < spareFrames) this.#spare.push(buffer);
  }

  /** What was asked for, else what the first picture is; ffmpeg keeps to it when the camera changes. */
  async #frameSize(): Promise<PictureSize | null> {
    const { width, height } = this.#options.format;
    return width !== undefined && height !== undefined
      ? { width, height }
      : await this.#firstSize.promise;
  }

  #hear(line: string): void {
    const heard = parseFfmpegLine(line);
    switch (heard?.kind) {
      case "frame":
        return this.#timeline.frame(heard.pts, Date.now());
      case "packet":
        return this.#timeline.packet(heard.pts, Date.now());
      case "clock":
        return this.#timeline.setClock(heard.secondsPerTick);
      case "size":
        this.#firstSize.resolve(heard.to);
        return this.#timeline.setPicture(pictureRegion(this.#options.format, heard.to));
      case "codec":
        return this.#options.tap?.setCodec(heard.codec);
      case "opened":
        return this.#watchdog.feed();
      case "message": {
        if (heard.level === "verbose") return;
        const message = { level: heard.level, text: this.#mask(heard.text) };
        this.#logger.debug("ffmpeg: {text}", message);
        this.#messages.push(message);
        if (this.#messages.length > messagesKept) this.#messages.shift();
      }
    }
  }

  /** Why the process ended; null when that is as it should be. */
  #verdict({ code, signal }: Deno.CommandStatus): SourceError | null {
    const name = this.#name;
    const words = this.#messages.findLast(({ level }) => level !== "info")?.text;
    const cause = { cause: new Error(words ?? "ffmpeg said nothing") };
    if (this.#stalled) {
      const limit = `${this.#options.config.stallTimeoutMs} ms`;
      return this.#frames > 0
        ? new SourceError(
          "stalled",
          `Cannot go on reading ${name}: no frame for ${limit}`,
          "check the camera and the network",
          cause,
        )
        : new SourceError(
          "timeout",
          `Cannot read ${name}: no frame within ${limit}`,
          "check the address, and that no firewall is in between",
          cause,
        );
    }
    if (this.#frames === 0) return classify(name, this.#messages);
    if (signal !== null) {
      return new SourceError(
        "connection_lost",
        `Cannot go on reading ${name}: ffmpeg was ended by ${signal}`,
        "check whether memory ran out",
        cause,
      );
    }
    if (this.#options.address.kind === "file") {
      return code === 0 ? null : classify(name, this.#messages);
    }
    return new SourceError(
      "connection_lost",
      `Cannot go on reading ${name}: the stream ended`,
      "check the camera and the network",
      cause,
    );
  }

  #mask(text: string): string {
    return maskSecrets(text, this.#options.config.url);
  }

  #stall(): void {
    this.#stalled = true;
    this.#stop();
  }

  readonly #stop = (): void => {
    this.#process.stop();
  };

  #end(): void {
    this.#watchdog.rest();
    this.#timeline.end();
    this.#firstSize.resolve(null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener("abort", this.#stop);
    this.#watchdog[Symbol.dispose]();
    await this.#process.stop();
  }
}

/** Where a picture that was scaled to `scaled` lies in the frame. */
function pictureRegion({ width, height }: FrameFormat, scaled: PictureSize): Region {
  const frameWidth = width ?? scaled.width;
  const frameHeight = height ?? scaled.height;
  return {
    x: Math.floor((frameWidth - scaled.width) / 2) / frameWidth,
    y: Math.floor((frameHeight - scaled.height) / 2) / frameHeight,
    width: scaled.width / frameWidth,
    height: scaled.height / frameHeight,
  };
}
