/** Decodes the camera's packets into pictures, by an ffmpeg of its own. */

import type { Logger } from "@logtape/logtape";
import { Channel } from "../frame/channel.ts";
import type { CameraPacket, CodecParameters, Display } from "../frame/camera_packet.ts";
import { FfmpegProcess } from "../source/ffmpeg_process.ts";
import { PictureChannel } from "../source/picture_channel.ts";
import { fill } from "../source/read_frames.ts";
import type { MemoryPool } from "../frame/memory_pool.ts";
import { PacketFeed } from "../frame/packet_feed.ts";
import type { MaybePromise } from "../use_case/use_case.ts";
import type { ChildGuard } from "../process_guard.ts";
import {
  decoderArgs,
  parseColorTags,
  parsePictureHeader,
  type PictureHeader,
  type Pixels,
} from "./ffmpeg_args.ts";
import type { DecodedSize } from "./view_options.ts";

/** A decoded picture. */
export interface DecodedPicture extends PictureHeader {
  readonly pixels: Pixels;
  readonly data: Uint8Array<ArrayBuffer>;
}

const bytesPerPixel: Readonly<Record<Pixels, number>> = { rgba: 4, yuv420p: 1.5 };

/** Settings of a {@link PictureDecoder}. */
export interface PictureDecoderOptions {
  readonly guard: ChildGuard;
  readonly logger: Logger;
  readonly pool: MemoryPool;
  readonly size: DecodedSize;
  /** @default {"rgba"} */
  readonly pixels?: Pixels;
  /** Megabytes that it may allocate; undefined = no limit. */
  readonly memoryMb: number | undefined;
  /** Null = as the stream itself says. */
  readonly display: Display | null;
  readonly parameters: CodecParameters;
  /** Packets that wait longer have it go on at a later key frame. @default {for ever} */
  readonly longestWaitMs?: number;
  /** The first packet is a picture by itself. */
  readonly isWhole: boolean;
  /**
   * Takes each picture; its buffer goes back to the pool when it is needed no more. The next one is
   * read when what it returns has resolved.
   */
  readonly onPicture: (picture: DecodedPicture) => MaybePromise<void>;
}

/** One run of the decoder. It ends when its process does. */
export class PictureDecoder implements AsyncDisposable {
  readonly #options: PictureDecoderOptions;
  readonly #process: FfmpegProcess;
  readonly #pictures: PictureChannel;
  /** The line of a picture is written before the picture, though it may be read after it. */
  readonly #headers = new Channel<PictureHeader>();
  /** The first of its two lines. */
  #header: Omit<PictureHeader, "tags"> | null = null;
  readonly #done: Promise<void>;
  readonly #feed: PacketFeed;
  #lastComplaint = "";

  /** @throws {Error} when there is no ffmpeg */
  constructor(options: PictureDecoderOptions) {
    this.#options = options;
    this.#pictures = PictureChannel.from(options.guard);
    this.#process = new FfmpegProcess({
      args: decoderArgs(options, this.#pictures.url),
      stdout: this.#pictures.stream,
      guard: options.guard,
      memoryMb: options.memoryMb ?? null,
      stdin: "piped",
      listener: { onLine: (line) => this.#onLine(line) },
    });
    const parameters = { ...options.parameters, audio: null };
    this.#feed = new PacketFeed(
      this.#process.stdin,
      parameters,
      undefined,
      options.longestWaitMs,
    );
    const fed = this.#feed.done.then(() => {
      // The process is gone, and gives no more pictures.
      if (this.#feed.isClosed) this.#headers.close();
    });
    const ended = this.#process.ended.then(() => this.#headers.close());
    this.#done = Promise.all([fed, this.#read(), ended])
      .then(() => this.#pictures[Symbol.asyncDispose]());
  }

  /** Resolves when the process is gone, for whatever reason. */
  get ended(): Promise<void> {
    return this.#done;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** For how long it has been refusing what it is fed, in milliseconds. */
  get blockedMs(): number {
    return this.#feed.blockedMs;
  }

  /** The last thing ffmpeg complained of, for the log. */
  get lastComplaint(): string {
    return this.#lastComplaint;
  }

  /** Never waits. */
  write(packet: CameraPacket): void {
    this.#feed.write(packet);
  }

  /** What it was fed is decoded, then it ends. */
  finish(): void {
    this.#feed.finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await this.#process.stop();
    await this.#done;
  }

  #close(): void {
    this.#feed.close();
    this.#headers.close();
  }

  #onLine(line: string): void {
    const header = parsePictureHeader(line, this.#options.size);
    if (header !== null) {
      this.#header = header;
      return;
    }
    const tags = this.#header && parseColorTags(line);
    if (tags) {
      this.#headers.send({ ...this.#header!, tags });
      this.#header = null;
    } else if (/\[(error|fatal|panic)\]/.test(line)) {
      this.#lastComplaint = line;
    }
  }

  async #read(): Promise<void> {
    const { pool, onPicture, pixels = "rgba" } = this.#options;
    await using source = await this.#pictures.source(this.#process);
    for (let header; (header = await this.#headers.receive()) !== null;) {
      const data = pool.take(header.width * header.height * bytesPerPixel[pixels]);
      if (!await fill(data, source)) break;
      await onPicture({ ...header, pixels, data });
    }
    this.#close();
  }
}
