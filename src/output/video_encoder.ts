/** Encodes drawn pictures as H.264, by an ffmpeg of its own, and gives packets as a camera does. */

import { isDeepStrictEqual } from "node:util";
import type { Logger } from "@logtape/logtape";
import { parameterSetsOf } from "../frame/annex_b.ts";
import type { PacketTap } from "../frame/camera_packet.ts";
import { muxOffsetMs, nutFrame, nutHeader } from "../frame/nut_muxer.ts";
import { NutDemuxer } from "../frame/nut_demuxer.ts";
import type { ChildGuard } from "../process_guard.ts";
import { FfmpegProcess } from "../source/ffmpeg_process.ts";
import { type ByteSink, PictureChannel } from "../source/picture/picture_channel.ts";
import type { DecodedPicture } from "../frame/decoded_picture.ts";
import { encoderOf, type PictureKind, toVideo } from "./encoders.ts";

/** A picture takes milliseconds; an encoder that takes none for so long is frozen. */
const patienceMs = 5000;

/** Between two pictures. */
const leastStepMs = 1;

/** How ffmpeg knows raw pixels again. */
const rawFourcc = { rgba: "RGBA", yuv420p: "I420" } as const;

/** One process for pictures of one kind; the next picture gets a new one when it has ended. */
export class VideoEncoder implements AsyncDisposable {
  readonly #guard: ChildGuard;
  readonly #logger: Logger;
  readonly #taker: PacketTap;
  #run: EncoderRun | null = null;
  /** Hardware that gave no picture is not tried again. */
  #hardware: string | null;
  #isToldHardware = false;

  /** `taker` takes the encoded pictures. */
  constructor(guard: ChildGuard, logger: Logger, hwaccel: string | null, taker: PacketTap) {
    this.#guard = guard;
    this.#logger = logger;
    this.#taker = taker;
    this.#hardware = encoderOf(hwaccel);
  }

  /** Another run of the camera begins, with a clock of its own. */
  begin(): void {
    void this.#end();
    this.#taker.begin();
  }

  /** Resolves when ffmpeg has taken it. @throws {Error} when it has ended, and why */
  async encode(picture: DecodedPicture): Promise<void> {
    if (this.#run !== null && !this.#run.fits(picture)) await this.#end();
    if (this.#run === null) {
      await this.#tryHardware(picture);
      this.#run = new EncoderRun(this.#guard, this.#taker, picture, this.#hardware);
    }
    const run = this.#run;
    try {
      await run.encode(picture);
    } catch (cause) {
      await this.#end();
      throw new Error(`Cannot encode: ${run.complaint || "ffmpeg has ended"}`, { cause });
    }
  }

  /** With the first picture of each kind, apart, so that none is lost where hardware refuses. */
  async #tryHardware(picture: DecodedPicture): Promise<void> {
    if (this.#hardware === null) return;
    const discard = { begin: () => {}, describe: () => {}, write: () => {} };
    const trial = new EncoderRun(this.#guard, discard, picture, this.#hardware);
    await trial.encode(picture).catch(() => {});
    await trial.finish(patienceMs);
    if (trial.hasGiven) {
      if (this.#isToldHardware) return;
      this.#isToldHardware = true;
      this.#logger.info("Outputs with boxes are encoded by {encoder}", { encoder: this.#hardware });
      return;
    }
    this.#logger.warn(
      "The encoder {encoder} cannot be used ({reason}): libx264 is, on the processor",
      { encoder: this.#hardware, reason: trial.complaint || "it gave no picture" },
    );
    this.#hardware = null;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }

  async #end(): Promise<void> {
    const run = this.#run;
    this.#run = null;
    await run?.[Symbol.asyncDispose]();
  }
}

class EncoderRun implements AsyncDisposable {
  complaint = "";
  /** Whether it has encoded a picture. */
  hasGiven = false;
  readonly #kind: PictureKind;
  readonly #taker: PacketTap;
  readonly #pictures: PictureChannel;
  readonly #process: FfmpegProcess;
  readonly #input: Promise<ByteSink>;
  readonly #read: Promise<void>;
  /** Times of NUT are not below zero by much, those of a camera that was set back are. */
  readonly #startMs: number;
  #lastMs = -Infinity;

  constructor(
    guard: ChildGuard,
    taker: PacketTap,
    picture: DecodedPicture,
    hardware: string | null,
  ) {
    const { width, height, pixels, tags, ptsMs } = picture;
    this.#startMs = ptsMs ?? 0;
    this.#kind = { width, height, pixels, tags };
    this.#taker = taker;
    this.#pictures = PictureChannel.to(guard);
    this.#process = new FfmpegProcess({
      args: toVideo(hardware, picture, this.#pictures.url),
      guard,
      stdin: this.#pictures.stream,
      listener: {
        onLine: (line) => {
          // The first is the cause, what follows its consequences.
          if (/\[(error|fatal|panic)\]/.test(line)) {
            this.complaint ||= line.replace(/^(\[[^\]]*\] )+/, "").trim();
          }
        },
      },
    });
    const fourcc = rawFourcc[pixels];
    const raw = { codec: "rawvideo", fourcc, width, height, extradata: new Uint8Array(0) };
    this.#input = this.#begin(nutHeader({ video: raw, audio: null }));
    this.#read = this.#take(this.#process.stdout);
  }

  fits({ width, height, pixels, tags }: DecodedPicture): boolean {
    return isDeepStrictEqual(this.#kind, { width, height, pixels, tags });
  }

  async encode({ data, ptsMs }: DecodedPicture): Promise<void> {
    // Times of encoders rise; those of a camera may come twice, in another order, or not at all.
    const timeMs = Math.max(ptsMs ?? this.#startMs, this.#lastMs + leastStepMs);
    this.#lastMs = timeMs;
    const timer = setTimeout(() => void this.#process.stop(), patienceMs);
    try {
      const input = await this.#input;
      const sinceMs = timeMs - this.#startMs;
      await input.write(nutFrame({ kind: "video", data, keyframe: true, ptsMs: sinceMs }));
      await input.write(data);
    } finally {
      clearTimeout(timer);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.finish(patienceMs);
  }

  /** What it was given is encoded, as far as that takes no longer. */
  async finish(mostMs: number): Promise<void> {
    const input = await this.#input;
    await input.close().catch(() => {});
    const timer = setTimeout(() => void this.#process.stop(), mostMs);
    await Promise.all([this.#process.ended, this.#read]);
    clearTimeout(timer);
    await this.#pictures[Symbol.asyncDispose]();
  }

  async #begin(header: Uint8Array): Promise<ByteSink> {
    const input = await this.#pictures.sink(this.#process);
    // Where it fails, so does the first picture.
    await input.write(header).catch(() => {});
    return input;
  }

  async #take(stdout: ReadableStream<Uint8Array>): Promise<void> {
    const demuxer = new NutDemuxer();
    for await (const bytes of stdout) {
      for (const { data, keyframe, timeMs } of demuxer.push(bytes)) {
        if (!this.hasGiven) {
          this.hasGiven = true;
          const { extradata } = demuxer.streams![0]!;
          const { width, height } = this.#kind;
          const video = { codec: "h264", fourcc: "H264", width, height };
          this.#taker.describe({
            video: { ...video, extradata: parameterSetsOf("h264", extradata) },
            audio: null,
          });
        }
        const ptsMs = timeMs - muxOffsetMs + this.#startMs;
        this.#taker.write({ kind: "video", data, keyframe, ptsMs, capturedAtMs: Date.now() });
      }
    }
  }
}
