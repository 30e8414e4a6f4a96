/** All outputs of one camera: its packets as they are, and pictures that are drawn into. */

import type { Analysis } from "../frame/analysis.ts";
import {
  type CameraPacket,
  type CodecParameters,
  type Display,
  joinTaps,
  type PacketTap,
} from "../frame/camera_packet.ts";
import type { PictureTap } from "../frame/decoded_picture.ts";
import type { FrameInfo } from "../frame/frame.ts";
import { DrawnVideo, type OutputOptions } from "./drawn_video.ts";
import type { OutputConfig } from "./settings.ts";
import { Taker, type TakerCounts } from "./taker.ts";

/** Pictures by what became of them: `accepted = written + away + slow + undrawn + withheld`. */
export interface OutputCounts extends TakerCounts {
  /** With boxes: not drawn into, as the processor did not suffice or the camera began anew. */
  readonly undrawn: number;
  /** Not to be shown: the use case that draws has not drawn into them. */
  readonly withheld: number;
}

/** Lives as long as the camera's decoder. */
export class CameraOutputs implements AsyncDisposable {
  /** Takes packets; undefined where every picture is drawn into. */
  readonly tap: PacketTap | undefined;
  /** Takes pictures; undefined where none is drawn into. */
  readonly pictures: PictureTap | undefined;
  readonly #options: OutputOptions;
  readonly #plain: readonly Taker[];
  readonly #boxed: readonly Taker[];
  readonly #drawn: DrawnVideo | null;
  #parameters: CodecParameters | null = null;
  /** Since when nothing may leave as it is; null = it may. */
  #withheldSinceMs: number | null = null;
  /** Pictures of packets that may not leave. */
  #withheld = 0;
  #isTold = false;

  constructor(outputs: readonly OutputConfig[], options: OutputOptions) {
    this.#options = options;
    const taker = (config: OutputConfig) => new Taker(config, options);
    this.#plain = outputs.filter(({ boxes }) => !boxes).map(taker);
    this.#boxed = outputs.filter(({ boxes }) => boxes).map(taker);
    this.#drawn = this.#boxed.length === 0 ? null : new DrawnVideo(options, joinTaps(this.#boxed)!);
    this.pictures = this.#drawn?.tap;
    this.tap = this.#plain.length === 0 ? undefined : {
      begin: () => {
        for (const taker of this.#plain) taker.begin();
      },
      describe: (parameters: CodecParameters) => {
        this.#parameters = parameters;
        for (const taker of this.#plain) taker.describe(parameters);
      },
      show: (display: Display) => {
        for (const taker of this.#plain) taker.show(display);
      },
      write: (packet: CameraPacket) => this.#writePlain(packet),
    };
  }

  /** Takes the result of a frame. */
  annotate({ stream, ptsMs }: FrameInfo, analysis: Analysis): void {
    this.#drawn?.annotate(stream, ptsMs, analysis);
    for (const taker of [...this.#plain, ...this.#boxed]) taker.annotate(stream, ptsMs, analysis);
  }

  /** Of the picture of this time the stream has no result. */
  skip(stream: string, ptsMs: number): void {
    this.#drawn?.skip(stream, ptsMs);
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
    const plain = { undrawn: 0, withheld: this.#withheld };
    const boxed = this.#drawn?.leftOut ?? plain;
    return [...this.#plain, ...this.#boxed].map((taker) => {
      const counts = taker.counts();
      const leftOut = this.#plain.includes(taker) ? plain : boxed;
      const accepted = counts.accepted + leftOut.undrawn + leftOut.withheld;
      const { description: output, isLive } = taker;
      return { output, isLive, ...counts, ...leftOut, accepted };
    });
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
    const hiding = this.#options.mustDraw();
    if (hiding.length === 0) {
      this.#withheldSinceMs = null;
      for (const taker of this.#plain) taker.write(packet);
      return;
    }
    if (packet.kind === "video") this.#withheld++;
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
