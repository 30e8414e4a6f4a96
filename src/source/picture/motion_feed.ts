/** Tiny grey pictures from ffmpeg, in which motion is looked for. */

import type { SourceConfig } from "../settings.ts";
import { maskUrl } from "../../log/mask.ts";
import { PrivateSocket } from "../../private_socket.ts";
import type { FolderGuard } from "../../process_guard.ts";
import { motionSize } from "./motion_gate.ts";
import { RawFrames } from "../read_frames.ts";
import { noSocket } from "../lines/reason.ts";

/** Unlike that of any other camera on this machine. */
export function motionSocketName(camera: string, url: string): string {
  return `motion of ${camera} ${maskUrl(url)}`;
}

/** ffmpeg's filters for these pictures: it looks at few pixels, and takes the mean of sixteen. */
export const motionFilters = [
  `scale=${motionSize.width * 4}:${motionSize.height * 4}:flags=neighbor`,
  "format=gray",
  `scale=${motionSize.width}:${motionSize.height}:flags=area`,
];

/** A socket that ffmpeg writes a tiny picture to for each frame. It is always read. */
export class MotionFeed implements AsyncDisposable {
  readonly #socket: PrivateSocket;
  #done: Promise<void> = Promise.resolve();

  private constructor(socket: PrivateSocket) {
    this.#socket = socket;
  }

  /**
   * Null when motion is not looked for.
   * @throws {SourceError} when this machine has no place for a socket
   */
  static open(
    camera: string,
    { motion, url }: SourceConfig,
    guard: FolderGuard,
  ): MotionFeed | null {
    if (motion === null) return null;
    try {
      return new MotionFeed(PrivateSocket.open(guard, motionSocketName(camera, url)));
    } catch (cause) {
      throw noSocket(`look for motion in ${maskUrl(url)}`, cause);
    }
  }

  get path(): string {
    return this.#socket.path;
  }

  /** Hands each picture on as it comes, then null. To be called once. */
  serve(onPicture: (picture: Uint8Array | null) => void): void {
    this.#done = this.#read(onPicture).finally(() => onPicture(null));
  }

  async #read(onPicture: (picture: Uint8Array) => void): Promise<void> {
    using connection = await this.#socket.accept();
    if (connection === null) return;
    try {
      const pictures = new RawFrames(connection, motionSize.width * motionSize.height);
      for (let picture; (picture = await pictures.next()) !== null;) onPicture(picture);
    } catch {
      // ffmpeg was killed.
    }
  }

  /** ffmpeg has ended: no picture comes any more. */
  close(): void {
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#done;
    await this.#socket[Symbol.asyncDispose]();
  }
}
