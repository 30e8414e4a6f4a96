/** One output of an ffmpeg run for one stream: joins its pixels with their time stamps. */

import { bytesPerPixel, type FrameFormat, type Region, wholePicture } from "../frame/frame.ts";
import type { MotionConfig } from "./settings.ts";
import { wholeFromPart } from "./picture/crop.ts";
import type { PixelSize } from "./lines/ffmpeg_line.ts";
import type { PrivateSocket } from "../private_socket.ts";
import { pause } from "../backoff.ts";
import { Channel } from "../frame/channel.ts";
import { MemoryPool } from "../frame/memory_pool.ts";
import type { FullPixels, PictureFolder } from "./picture/full_pictures.ts";
import { MotionGate } from "./picture/motion_gate.ts";
import { JpegFrames, type PictureReader, RawFrames, StreamSource } from "./read_frames.ts";
import type { SourceFrame } from "./source.ts";
import { SteadyClock } from "./clock/steady_clock.ts";
import { type FrameStamp, Timeline } from "./clock/timeline.ts";

/** Frames whose memory is kept: what a stream that keeps up gives back before it takes it again. */
const spareFrames = 3;

/** What was in store at the start is kept until it is known how old it is; of more, the newest. */
const mostEarlyBytes = 32 * 2 ** 20;

/** Whose frames, and what they are like. */
export interface BranchRequest {
  /** Name of the stream that the frames belong to. */
  readonly stream: string;
  readonly format: FrameFormat;
  /** Where the same pictures are kept at their full size; null = nowhere. */
  readonly full?: PictureFolder | null;
}

/** A branch of a run. */
export interface BranchOptions extends BranchRequest {
  /** What ffmpeg writes frames to; null = its stdout. */
  readonly socket: PrivateSocket | null;
  /** Whether frames come at their own pace. */
  readonly live: boolean;
  /** Whether the source may have something in store at the start. */
  readonly burst: boolean;
  /** Whether frames in which nothing moves are marked. */
  readonly motion: MotionConfig | null;
  /** Reads the lines that ffmpeg has written by now, until there is enough. */
  drainPending(enough: () => boolean): void;
  /** Called for each frame that is too old to be shown, as all have come at once at the start. */
  onStale(): void;
}

type BranchFrame = SourceFrame & Pick<FrameStamp, "stale">;

/** One output of ffmpeg. */
export class Branch implements AsyncDisposable {
  readonly #options: BranchOptions;
  readonly #timeline: Timeline;
  readonly #firstSize = Promise.withResolvers<PixelSize | null>();
  readonly #ended = new AbortController();
  /** Memory of frames that were given back. */
  readonly #pool = new MemoryPool(spareFrames);
  readonly #gate: MotionGate | null;
  readonly #clock: SteadyClock;
  readonly #motionPictures = new Channel<Uint8Array>();
  #place = wholePicture;
  #cameraPixels: FullPixels | null = null;
  /** Of all frames: ffmpeg keeps to that of the first one. Null until it is known. */
  #size: PixelSize | null;
  readonly #owned = new AsyncDisposableStack();
  #pictures: PictureReader | null = null;
  /** A picture that was asked for before the others were used. */
  #reading: Promise<Uint8Array<ArrayBuffer> | null> | null = null;
  /** Pictures of frames that wait for their stamps; in place of those left out, nothing. */
  readonly #early: Uint8Array<ArrayBuffer>[] = [];
  #frames = 0;

  constructor(options: BranchOptions) {
    this.#options = options;
    this.#size = askedSize(options.format);
    options.full?.enter();
    this.#gate = options.motion && new MotionGate(options.motion);
    this.#clock = new SteadyClock(options.live);
    this.#timeline = new Timeline(options);
  }

  /** What `pts` counts in, from here on. */
  setClock(secondsPerTick: number): void {
    this.#timeline.setClock(secondsPerTick);
  }

  /** Which part of the camera's picture is in the frames, from the next size on. */
  setPlace(place: Region): void {
    this.#place = place;
  }

  /** What the camera's pictures are scaled to, from here on. */
  setSize(scaled: PixelSize, from: FullPixels): void {
    this.#cameraPixels = from;
    this.#firstSize.resolve(scaled);
    const shown = contentRectOf(this.#options.format, scaled);
    this.#timeline.setContentRect(wholeFromPart(shown, this.#place));
  }

  /** The source comes in segments of some seconds. */
  setSegments(): void {
    this.#timeline.setSegments();
  }

  /** The source has a beginning and an end: nothing of it is stale. */
  setFinite(): void {
    this.#timeline.pace?.begin();
  }

  /** A packet has come. `uptimeMs` is a monotonic clock. */
  packet(pts: number | null, nowMs: number, uptimeMs: number): void {
    this.#timeline.packet(pts, nowMs, uptimeMs);
  }

  /** The pixels of a frame are here, and its time stamp is not. */
  get isWaiting(): boolean {
    return this.#timeline.isAwaited || !this.#timeline.isSettled;
  }

  /** A frame is on its way. */
  frame(pts: number | null, nowMs: number): void {
    this.#timeline.frame(pts, nowMs);
  }

  /** The tiny picture of a frame, in the order of frames; null when there will be none. */
  motionPicture(picture: Uint8Array | null): void {
    if (picture === null) this.#motionPictures.close();
    else this.#motionPictures.send(picture);
  }

  /** The process has ended. */
  end(): void {
    this.#timeline.end();
    this.#ended.abort();
    this.#firstSize.resolve(null);
    this.#options.socket?.close();
  }

  /**
   * The next frame, with both its clocks; null when the process ends. Without a socket, pixels come
   * from `stdout`.
   */
  async next(stdout: ReadableStream<Uint8Array> | null): Promise<SourceFrame | null> {
    for (;;) {
      const frame = await this.#read(stdout);
      if (frame === null || !frame.stale) return frame;
      frame.release?.();
      frame.full?.release();
      this.#options.onStale();
    }
  }

  async #read(stdout: ReadableStream<Uint8Array> | null): Promise<BranchFrame | null> {
    const { stream, format, drainPending } = this.#options;
    this.#pictures ??= await this.#open(stdout);
    const data = this.#pictures && await this.#nextPicture(this.#pictures);
    if (data === null) return null;
    drainPending(this.#isStamped);
    let stamp = this.#timeline.next();
    // Most are here by now, and every wait leaves some garbage.
    if (stamp instanceof Promise) stamp = await stamp;
    const size = this.#size ??= await this.#firstSize.promise;
    if (stamp === null || size === null) return null;
    const still = this.#gate !== null && !await this.#moves(this.#gate, stamp);
    const sequence = this.#frames++;
    const { pace } = this.#timeline;
    if (pace !== null && !stamp.stale) {
      const waitMs = pace.dueInMs(stamp.ptsMs, performance.now());
      if (waitMs >= 1) await pause(waitMs, this.#ended.signal);
    }
    return {
      stream,
      sequence,
      ...stamp,
      ...size,
      pixelFormat: format.pixelFormat,
      data,
      release: () => this.#pool.give(data.buffer),
      ...this.#full(sequence),
      ...(still && { still }),
      ...(pace && { delayMs: pace.delayMs }),
    };
  }

  /** Leaves ffmpeg's output. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  async #nextPicture(pictures: PictureReader): Promise<Uint8Array<ArrayBuffer> | null> {
    if (!this.#timeline.isSettled) await this.#readStore(pictures);
    const early = this.#early.shift();
    if (early !== undefined) return early;
    const reading = this.#reading ?? pictures.next();
    this.#reading = null;
    return await reading;
  }

  /** Reads on until it is known what was in store, so that ffmpeg reads on too. */
  async #readStore(pictures: PictureReader): Promise<void> {
    const { drainPending, onStale } = this.#options;
    for (let bytes = 0, leftOut = 0; !this.#timeline.isSettled;) {
      const reading = this.#reading ??= pictures.next();
      const data = await Promise.race([reading, this.#timeline.settled]);
      // It is settled, or there are no more.
      if (!data) return await this.#timeline.settled;
      this.#reading = null;
      this.#early.push(data);
      bytes += data.byteLength;
      for (; bytes > mostEarlyBytes && leftOut < this.#early.length - 1; leftOut++) {
        const { buffer, byteLength } = this.#early[leftOut]!;
        bytes -= byteLength;
        this.#early[leftOut] = new Uint8Array();
        this.#pool.give(buffer);
        this.#timeline.leaveOut();
      }
      onStale();
      drainPending(() => this.#timeline.isSettled);
    }
  }

  readonly #isStamped = (): boolean => this.#timeline.isReady;

  async #moves(gate: MotionGate, { ptsMs, capturedAtMs }: FrameStamp): Promise<boolean> {
    const steadyMs = this.#clock.next(ptsMs, capturedAtMs);
    const picture = await this.#motionPictures.receive();
    // ffmpeg ended in between: the last frame is taken.
    return picture === null || gate.passes(picture, steadyMs);
  }

  #full(sequence: number): Pick<SourceFrame, "full"> {
    const { full } = this.#options;
    const pixels = this.#cameraPixels;
    if (!full || pixels === null) return {};
    return { full: full.picture(sequence, pixels, this.#place) };
  }

  /** Null when ffmpeg ends before it has begun. */
  async #open(stdout: ReadableStream<Uint8Array> | null): Promise<PictureReader | null> {
    const { socket, format: { pixelFormat } } = this.#options;
    await using opened = new AsyncDisposableStack();
    const bytes = socket === null
      ? stdout && opened.use(new StreamSource(stdout))
      : opened.use(await socket.accept());
    // It may have come while it was told to end.
    if (bytes === null || this.#owned.disposed) return null;
    this.#owned.use(opened.move());
    if (pixelFormat === "jpeg") return new JpegFrames(bytes);
    const size = this.#size ??= await this.#firstSize.promise;
    if (size === null) return null;
    const frameBytes = size.width * size.height * bytesPerPixel[pixelFormat];
    return new RawFrames(bytes, frameBytes, this.#pool);
  }
}

/** What was asked for; null where it is to be what the first picture is. */
function askedSize({ width, height }: FrameFormat): PixelSize | null {
  return width !== undefined && height !== undefined ? { width, height } : null;
}

/** Where what was scaled to `scaled` lies in the frame. */
function contentRectOf({ width, height }: FrameFormat, scaled: PixelSize): Region {
  const frameWidth = width ?? scaled.width;
  const frameHeight = height ?? scaled.height;
  return {
    x: Math.floor((frameWidth - scaled.width) / 2) / frameWidth,
    y: Math.floor((frameHeight - scaled.height) / 2) / frameHeight,
    width: scaled.width / frameWidth,
    height: scaled.height / frameHeight,
  };
}
