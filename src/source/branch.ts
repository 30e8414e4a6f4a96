/** One use case's share of a run: its bytes, and what ffmpeg says of them, into frames. */

import { bytesPerPixel, type FrameFormat, type Region, wholePicture } from "../frame/frame.ts";
import type { MotionConfig } from "../config/resolved.ts";
import { wholeFromPart } from "./crop.ts";
import type { PictureSize } from "./ffmpeg_line.ts";
import type { PrivateSocket } from "../private_socket.ts";
import { Mailbox } from "./mailbox.ts";
import type { PictureFolder } from "./full_pictures.ts";
import { MotionGate } from "./motion_gate.ts";
import { type ByteSource, readJpegFrames, readRawFrames } from "./read_frames.ts";
import type { SourceFrame } from "./source.ts";
import { StreamSource } from "./stream_source.ts";
import { Timeline } from "./timeline.ts";

/** Frames whose memory is kept: as many as are on their way in a stream that keeps up. */
const spareFrames = 8;

/** Whose frames, and what they are like. */
export interface BranchRequest {
  /** Name of the stream that the frames belong to. */
  readonly stream: string;
  readonly format: FrameFormat;
  /** Where the same pictures are kept at their full size; null = nowhere, or nobody wants them. */
  readonly full?: PictureFolder | null;
}

/** A branch of a run. */
export interface BranchOptions extends BranchRequest {
  /** What ffmpeg writes frames to; null = its stdout. */
  readonly socket: PrivateSocket | null;
  /** Whether frames in which nothing moves are marked. */
  readonly motion: MotionConfig | null;
  /** Hears what ffmpeg has said by now, until there is enough. */
  hearNow(enough: () => boolean): void;
}

/** One output of ffmpeg. */
export class Branch {
  readonly #options: BranchOptions;
  readonly #timeline = new Timeline();
  readonly #firstSize = Promise.withResolvers<PictureSize | null>();
  /** Memory of frames that were given back. */
  readonly #spare: ArrayBuffer[] = [];
  readonly #gate: MotionGate | null;
  readonly #motionPictures = new Mailbox<Uint8Array>();
  #place = wholePicture;
  #cameraSize: PictureSize | null = null;
  #frames = 0;

  constructor(options: BranchOptions) {
    this.#options = options;
    options.full?.enter();
    this.#gate = options.motion && new MotionGate(options.motion);
  }

  /** What `pts` counts in, from here on. */
  setClock(secondsPerTick: number): void {
    this.#timeline.setClock(secondsPerTick);
  }

  /** Which part of the camera's picture is in the frames, from the next size on. */
  setPlace(place: Region): void {
    this.#place = place;
  }

  /** What pictures of size `from` are scaled to, from here on. */
  setSize(scaled: PictureSize, from: PictureSize): void {
    this.#cameraSize = from;
    this.#firstSize.resolve(scaled);
    const shown = pictureRegion(this.#options.format, scaled);
    this.#timeline.setPicture(wholeFromPart(shown, this.#place));
  }

  /** A packet has come. `uptimeMs` is a clock that nobody sets. */
  packet(pts: number | null, nowMs: number, uptimeMs: number): void {
    this.#timeline.packet(pts, nowMs, uptimeMs);
  }

  /** The pixels of a frame are here, and it was not told of. */
  get isWaiting(): boolean {
    return this.#timeline.isAwaited;
  }

  /** A frame is on its way. */
  frame(pts: number | null, nowMs: number): void {
    this.#timeline.frame(pts, nowMs);
  }

  /** The tiny picture of a frame, in the order of frames; null when there will be none. */
  motionPicture(picture: Uint8Array | null): void {
    if (picture === null) this.#motionPictures.end();
    else this.#motionPictures.give(picture);
  }

  /** The process has ended. */
  end(): void {
    this.#timeline.end();
    this.#firstSize.resolve(null);
    this.#options.socket?.close();
  }

  /** The frames until the process ends, each with both its clocks. To be called once. */
  async *frames(
    stdout: ReadableStream<Uint8Array> | null,
  ): AsyncGenerator<SourceFrame, void, void> {
    const { stream, format, socket, hearNow } = this.#options;
    await using owned = new AsyncDisposableStack();
    const bytes = socket === null
      ? stdout && owned.use(new StreamSource(stdout))
      : owned.use(await socket.accept());
    if (bytes === null) return;
    const isTold = () => this.#timeline.isReady;
    for await (const data of this.#pictures(bytes)) {
      hearNow(isTold);
      const stamp = await this.#timeline.next();
      const size = this.#knownSize() ?? await this.#firstSize.promise;
      if (stamp === null || size === null) return;
      const still = this.#gate !== null && !await this.#moves(this.#gate, stamp.ptsMs);
      const sequence = this.#frames++;
      yield {
        stream,
        sequence,
        ...stamp,
        ...size,
        pixelFormat: format.pixelFormat,
        data,
        release: () => this.#release(data),
        ...this.#full(sequence),
        ...(still && { still }),
      };
    }
  }

  async #moves(gate: MotionGate, ptsMs: number): Promise<boolean> {
    const picture = await this.#motionPictures.take();
    // ffmpeg ended in between: the last frame is taken.
    return picture === null || gate.passes(picture, ptsMs);
  }

  #full(sequence: number): Pick<SourceFrame, "full"> {
    const { full } = this.#options;
    const size = this.#cameraSize;
    if (!full || size === null) return {};
    return { full: full.picture(sequence, size, this.#place) };
  }

  async *#pictures(bytes: ByteSource): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    const { pixelFormat } = this.#options.format;
    if (pixelFormat === "jpeg") return yield* readJpegFrames(bytes);
    const size = this.#knownSize() ?? await this.#firstSize.promise;
    if (size === null) return;
    const frameBytes = size.width * size.height * bytesPerPixel[pixelFormat];
    yield* readRawFrames(bytes, frameBytes, this.#spare);
  }

  /** Keeps a frame's memory for a later one, unless it was transferred and is elsewhere now. */
  #release({ buffer }: Uint8Array<ArrayBuffer>): void {
    if (!buffer.detached && this.#spare.length < spareFrames) this.#spare.push(buffer);
  }

  /** What was asked for; else it is what the first picture is, and ffmpeg keeps to that. */
  #knownSize(): PictureSize | null {
    const { width, height } = this.#options.format;
    return width !== undefined && height !== undefined ? { width, height } : null;
  }
}

/** Where what was scaled to `scaled` lies in the frame. */
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
