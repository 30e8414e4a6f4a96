/** All pictures of a camera, from the ffmpeg that makes its frames to where they are drawn into. */

import type { PictureTap, Pixels } from "../../frame/decoded_picture.ts";
import { maskUrl } from "../../log/mask.ts";
import { PrivateSocket } from "../../private_socket.ts";
import type { FolderGuard } from "../../process_guard.ts";
import { largestPicture } from "../filters.ts";
import { noSocket } from "../lines/reason.ts";
import { DecodedPictures } from "./decoded_pictures.ts";

/** Unlike that of any other camera on this machine. */
export function pictureSocketName(camera: string, url: string): string {
  return `all pictures of ${camera} ${maskUrl(url)}`;
}

/** A socket that ffmpeg writes every picture to. */
export class PictureFeed implements AsyncDisposable {
  readonly pixels: Pixels;
  readonly #socket: PrivateSocket;
  readonly #tap: PictureTap;
  readonly #left = Promise.withResolvers<void>();
  #secondsPerTick = NaN;
  #pictures: DecodedPictures | null = null;
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
      ptsMsOf: (ticks) => ticks * this.#secondsPerTick * 1000,
      onPicture: (picture) => {
        const written = this.#tap.write(picture);
        return written && Promise.race([written, this.#left.promise]);
      },
    });
    this.#done = this.#read(this.#pictures).finally(() => this.#tap.end());
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

  async #read(pictures: DecodedPictures): Promise<void> {
    const connection = this.#connection = await this.#socket.accept();
    if (connection === null) return;
    try {
      await pictures.read(connection);
    } catch {
      // ffmpeg was killed, or its pictures are not wanted any more.
    } finally {
      this.leave();
    }
  }
}
