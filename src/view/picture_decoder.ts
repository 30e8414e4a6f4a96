/** Decodes the camera's packets into pictures, by an ffmpeg of its own. */

import type { Logger } from "@logtape/logtape";
import type { CameraPacket, CodecParameters, Display } from "../frame/camera_packet.ts";
import type { DecodedPicture } from "../frame/decoded_picture.ts";
import type { MemoryPool } from "../frame/memory_pool.ts";
import { muxOffsetMs, ticksPerSecond } from "../frame/nut_muxer.ts";
import { PacketFeed } from "../frame/packet_feed.ts";
import type { ChildGuard } from "../process_guard.ts";
import { FfmpegProcess } from "../source/ffmpeg_process.ts";
import { PictureChannel } from "../source/picture/picture_channel.ts";
import { DecodedPictures } from "../source/picture/decoded_pictures.ts";
import { decoderArgs, largest } from "./ffmpeg_args.ts";
import type { ViewSize } from "./view_options.ts";

/** Settings of a {@link PictureDecoder}. */
export interface PictureDecoderOptions {
  readonly guard: ChildGuard;
  readonly logger: Logger;
  readonly pool: MemoryPool;
  readonly size: ViewSize;
  /** Megabytes that it may allocate; undefined = no limit. */
  readonly memoryMb: number | undefined;
  /** Null = as the stream itself says. */
  readonly display: Display | null;
  readonly parameters: CodecParameters;
  /** The first packet is a picture by itself. */
  readonly isWhole: boolean;
  /** Takes each picture; its buffer goes back to the pool when it is needed no more. */
  readonly onPicture: (picture: DecodedPicture) => void;
}

/** One run of the decoder. It ends when its process does. */
export class PictureDecoder implements AsyncDisposable {
  readonly #process: FfmpegProcess;
  readonly #channel: PictureChannel;
  readonly #pictures: DecodedPictures;
  readonly #done: Promise<void>;
  readonly #feed: PacketFeed;
  #lastComplaint = "";

  /** @throws {Error} when there is no ffmpeg */
  constructor(options: PictureDecoderOptions) {
    const { guard, pool, size, onPicture } = options;
    this.#pictures = new DecodedPictures({
      ...{ pool, onPicture, pixels: "rgba", most: largest[size] },
      ptsMsOf: (ticks) => ticks * 1000 / ticksPerSecond - muxOffsetMs,
    });
    this.#channel = PictureChannel.from(guard);
    this.#process = new FfmpegProcess({
      args: decoderArgs(options, this.#channel.url),
      stdout: this.#channel.stream,
      guard,
      memoryMb: options.memoryMb ?? null,
      stdin: "piped",
      listener: { onLine: (line) => this.#onLine(line) },
    });
    this.#feed = new PacketFeed(this.#process.stdin, { ...options.parameters, audio: null });
    const fed = this.#feed.done.then(() => {
      // The process is gone, and gives no more pictures.
      if (this.#feed.isClosed) this.#pictures.close();
    });
    const ended = this.#process.ended.then(() => this.#pictures.close());
    this.#done = Promise.all([fed, this.#read(), ended])
      .then(() => this.#channel[Symbol.asyncDispose]());
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await this.#process.stop();
    await this.#done;
  }

  #close(): void {
    this.#feed.close();
    this.#pictures.close();
  }

  #onLine(line: string): void {
    if (this.#pictures.takeLine(line)) return;
    if (/\[(error|fatal|panic)\]/.test(line)) this.#lastComplaint = line;
  }

  async #read(): Promise<void> {
    await using source = await this.#channel.source(this.#process);
    await this.#pictures.read(source);
    this.#close();
  }
}
