/** All outputs of one camera: its packets as they are, and pictures that are drawn into. */

import type { Analysis } from "../frame/analysis.ts";
import {
  type CameraPacket,
  type CodecParameters,
  type Display,
  joinTaps,
  type PacketTap,
} from "../frame/camera_packet.ts";
import type { FrameInfo } from "../frame/frame.ts";
import { DrawnVideo, type OutputOptions } from "./drawn_video.ts";
import type { OutputConfig } from "./settings.ts";
import { type OutputCounts, Taker } from "./taker.ts";

/** Lives as long as the camera's decoder. */
export class CameraOutputs implements AsyncDisposable {
  readonly tap: PacketTap;
  readonly #options: OutputOptions;
  readonly #plain: readonly Taker[];
  readonly #boxed: readonly Taker[];
  readonly #drawn: DrawnVideo | null;
  #parameters: CodecParameters | null = null;
  /** Since when nothing may leave as it is; null = it may. */
  #withheldSinceMs: number | null = null;
  #isTold = false;

  constructor(outputs: readonly OutputConfig[], options: OutputOptions) {
    this.#options = options;
    const taker = (config: OutputConfig) => new Taker(config, options);
    this.#plain = outputs.filter(({ boxes }) => !boxes).map(taker);
    this.#boxed = outputs.filter(({ boxes }) => boxes).map(taker);
    this.#drawn = this.#boxed.length === 0 ? null : new DrawnVideo(options, joinTaps(this.#boxed)!);
    this.tap = {
      begin: () => {
        for (const taker of this.#plain) taker.begin();
        this.#drawn?.tap.begin();
      },
      describe: (parameters: CodecParameters) => {
        this.#parameters = parameters;
        for (const taker of this.#plain) taker.describe(parameters);
        this.#drawn?.tap.describe(parameters);
      },
      show: (display: Display) => {
        for (const taker of this.#plain) taker.show(display);
        this.#drawn?.tap.show?.(display);
      },
      end: () => this.#drawn?.tap.end?.(),
      write: (packet: CameraPacket) => {
        this.#writePlain(packet);
        this.#drawn?.tap.write(packet);
      },
    };
  }

  /** Takes the result of a frame. */
  annotate({ stream, ptsMs }: FrameInfo, analysis: Analysis): void {
    this.#drawn?.annotate(stream, ptsMs, analysis);
    for (const taker of [...this.#plain, ...this.#boxed]) taker.annotate(stream, ptsMs, analysis);
  }

  /** A stream shows this camera no longer. */
  leave(stream: string): void {
    this.#drawn?.leave(stream);
  }

  /** See {@link DrawnVideo.drain}. */
  async drain(stream: string, signal: AbortSignal): Promise<void> {
    await this.#drawn?.drain(stream, signal);
  }

  /** Resolves when a file may be read on. */
  async room(): Promise<void> {
    await this.#drawn?.room();
  }

  /** Figures of each, by where it goes. */
  counts(): readonly (OutputCounts & { readonly output: string; readonly isLive: boolean })[] {
    return [...this.#plain, ...this.#boxed].map((taker) => ({
      output: taker.description,
      isLive: taker.isLive,
      ...taker.counts(),
    }));
  }

  /** What is under way is written to its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#withheldSinceMs !== null) this.#tellWithheld();
    await this.#drawn?.[Symbol.asyncDispose]();
    await Promise.all(
      [...this.#plain, ...this.#boxed].map((taker) => taker[Symbol.asyncDispose]()),
    );
  }

  /** The clear picture never leaves where something is to be hidden in it. */
  #writePlain(packet: CameraPacket): void {
    if (this.#plain.length === 0) return;
    const hiding = this.#options.mustDraw();
    if (hiding.length === 0) {
      this.#withheldSinceMs = null;
      for (const taker of this.#plain) taker.write(packet);
      return;
    }
    if (this.#withheldSinceMs === null) {
      this.#withheldSinceMs = performance.now();
      for (const taker of this.#plain) {
        taker.begin();
        taker.describe(this.#parameters!);
      }
    }
    // A use case that is being loaded is not known yet.
    if (performance.now() - this.#withheldSinceMs >= patienceMs) this.#tellWithheld();
  }

  /** Once. */
  #tellWithheld(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.logger.warn(
      "Outputs without boxes get nothing: {streams} draws into the picture, perhaps to hide " +
        "something; give them boxes",
      { streams: this.#options.mustDraw().join(", ") },
    );
  }
}

const patienceMs = 5000;
