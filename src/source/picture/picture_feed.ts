/** All pictures of a camera, from the ffmpeg that makes its frames to where they are drawn into. */

import type { DecodedPicture, PictureTap, Pixels } from "../../frame/decoded_picture.ts";
import { maskUrl } from "../../log/mask.ts";
import { PrivateSocket } from "../../private_socket.ts";
import type { FolderGuard } from "../../process_guard.ts";
import { rising } from "../clock/timeline.ts";
import { largestPicture } from "../filters.ts";
import { noSocket } from "../lines/reason.ts";
import { DecodedPictures } from "./decoded_pictures.ts";

/** Unlike that of any other camera on this machine. */
export function pictureSocketName(camera: string, url: string): string {
  return `all pictures of ${camera} ${maskUrl(url)}`;
}

/** Frames whose pictures may be still to come. */
const mostFramesAhead = 256;

/** A socket that ffmpeg writes every picture to. */
export class PictureFeed implements AsyncDisposable {
  readonly pixels: Pixels;
  readonly #socket: PrivateSocket;
  readonly #tap: PictureTap;
  readonly #left = Promise.withResolvers<void>();
  #secondsPerTick = NaN;
  #newestMs = -Infinity;
  /** Later ones are not wanted. */
  #lastMs = Infinity;
  readonly #cameLast = Promise.withResolvers<void>();
  #pictures: DecodedPictures | null = null;
  /** Frames whose pictures are still to come: ffmpeg's time, and that of the frame. */
  #frames: { readonly decodedMs: number; readonly ptsMs: number }[] = [];
  #lastFrameMs = -Infinity;
  #connection: Deno.UnixConn | null = null;
  #done: Promise<void> = Promise.resolve();
  #ended: Promise<void> | null = null;

  private constructor(tap: PictureTap, socket: PrivateSocket) {
    this.#tap = tap;
    this.#socket = socket;
    this.pixels = tap.pixels;
    tap.begin();
  }

  /**
   * Null when no pictures are wanted.
   * @throws {SourceError} when this machine has no place for a socket
   */
  static open(
    tap: PictureTap | undefined,
    camera: string,
    url: string,
    guard: FolderGuard,
  ): PictureFeed | null {
    if (tap === undefined) return null;
    try {
      return new PictureFeed(tap, PrivateSocket.open(guard, pictureSocketName(camera, url)));
    } catch (cause) {
      throw noSocket(`draw into pictures of ${maskUrl(url)}`, cause);
    }
  }

  get path(): string {
    return this.#socket.path;
  }

  /** What times in ffmpeg's lines count in, from here on. */
  setClock(secondsPerTick: number): void {
    this.#secondsPerTick = secondsPerTick;
  }

  /** Reads from now on. `drainLines`: see DecodedPicturesOptions. To be called once. */
  serve(drainLines: (enough: () => boolean) => void): void {
    const { pool } = this.#tap;
    this.#pictures = new DecodedPictures({
      ...{ pool, pixels: this.pixels, most: largestPicture, drainLines },
      ptsMsOf: (ticks) => this.#msOf(ticks),
      onMissing: () => this.#tap.miss(),
      onPicture: (picture) => this.#write(picture),
    });
    this.#done = this.#read(this.#pictures).finally(() => {
      this.#tap.end(this.#lastMs);
      this.#cameLast.resolve();
    });
  }

  /** A picture of this time, in ffmpeg's ticks, has become a frame. */
  takeFrame(ticks: number | null): void {
    if (ticks === null) return;
    const decodedMs = this.#msOf(ticks);
    const ptsMs = this.#lastFrameMs = rising(decodedMs, this.#lastFrameMs);
    this.#frames.push({ decodedMs, ptsMs });
    if (this.#frames.length > mostFramesAhead) this.#frames.shift();
  }

  /** False for a line that is about something else. */
  takeLine(line: string): boolean {
    return this.#pictures?.takeLine(line) ?? false;
  }

  /** ffmpeg has ended, and has said all it had to say; what it wrote is still read. */
  end(): void {
    this.#pictures?.close();
    this.#ended ??= this.#socket.wake();
  }

  /** Resolves when the picture of this time has come, or none will; later ones are not wanted. */
  async finishAt(ptsMs: number): Promise<void> {
    this.#lastMs = ptsMs;
    if (this.#newestMs >= ptsMs) return;
    await this.#cameLast.promise;
  }

  /** Reads no more, so that ffmpeg does not wait for it. */
  leave(): void {
    this.#left.resolve();
    try {
      this.#connection?.close();
    } catch {
      // It is closed already.
    }
  }

  /** To be called when ffmpeg has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    await this.#ended;
    await this.#done;
    await this.#socket[Symbol.asyncDispose]();
  }

  #write(decoded: DecodedPicture): Promise<void> | void {
    const frameMs = this.#frameMs(decoded.ptsMs);
    const picture = { ...decoded, ptsMs: frameMs ?? decoded.ptsMs, isFrame: frameMs !== null };
    const ptsMs = picture.ptsMs ?? -Infinity;
    this.#newestMs = Math.max(this.#newestMs, ptsMs);
    if (this.#newestMs >= this.#lastMs) this.#cameLast.resolve();
    if (ptsMs > this.#lastMs) return this.#tap.pool.give(picture.data.buffer);
    const written = this.#tap.write(picture);
    return written && Promise.race([written, this.#left.promise]);
  }

  #msOf(ticks: number): number {
    return ticks * this.#secondsPerTick * 1000;
  }

  /** The time of its frame; null when it has none. Its lines were read: those of frames come before. */
  #frameMs(decodedMs: number | null): number | null {
    const at = this.#frames.findIndex((frame) => frame.decodedMs === decodedMs);
    const frame = this.#frames[at];
    this.#frames.splice(0, at + 1);
    return frame?.ptsMs ?? null;
  }

  async #read(pictures: DecodedPictures): Promise<void> {
    const connection = this.#connection = await this.#socket.accept();
    if (connection === null) return;
    try {
      await pictures.readNumbered(connection);
    } catch {
      // ffmpeg was killed, or its pictures are not wanted any more.
    } finally {
      this.leave();
    }
  }
}
