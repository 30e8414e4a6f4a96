/** The way of the camera's packets from ffmpeg to its tap. */

import type { Logger } from "@logtape/logtape";
import type { Display, PacketTap } from "../frame/camera_packet.ts";
import { maskUrl } from "../log/mask.ts";
import { PrivateSocket } from "../private_socket.ts";
import type { FolderGuard } from "../process_guard.ts";
import { TapReader } from "./tap_reader.ts";

/** Pictures that are not encoded are too many bytes to keep. */
const raw = new Set(["rawvideo", "wrapped_avframe"]);

/** More than most packets have. */
const readBytes = 65_536;

/** Tells one camera's socket from that of any other on this machine. */
export function tapSocketName(stream: string, url: string): string {
  return `tap of ${stream} ${maskUrl(url)}`;
}

/**
 * A socket that ffmpeg writes the camera's packets to. It is always read, so that ffmpeg never
 * waits.
 */
export class TapSocket implements AsyncDisposable {
  readonly #socket: PrivateSocket;
  readonly #tap: PacketTap;
  readonly #logger: Logger;
  readonly #done: Promise<void>;
  readonly #codec = Promise.withResolvers<string | null>();

  private constructor(socket: PrivateSocket, tap: PacketTap, logger: Logger) {
    this.#socket = socket;
    this.#tap = tap;
    this.#logger = logger;
    tap.begin();
    this.#done = this.#serve(tap);
  }

  /** Null when this machine has no place for a socket: the frames do not depend on it. */
  static open(
    tap: PacketTap,
    name: string,
    logger: Logger,
    guard: FolderGuard,
  ): TapSocket | null {
    try {
      return new TapSocket(PrivateSocket.open(guard, name), tap, logger);
    } catch (error) {
      logger.warn("No live view of the source: cannot make a socket: {error}", { error });
      return null;
    }
  }

  get path(): string {
    return this.#socket.path;
  }

  /** What the source is encoded in; until it is known nothing is read. Only the first call counts. */
  setCodec(codec: string): void {
    this.#codec.resolve(codec);
  }

  /** How the pictures are to be shown. */
  show(display: Display): void {
    this.#tap.show?.(display);
  }

  async #serve(tap: PacketTap): Promise<void> {
    try {
      using connection = await this.#socket.accept();
      // It was closed before ffmpeg came.
      if (connection === null) return;
      const video = await this.#codec.promise;
      let wanted = video !== null && !raw.has(video);
      const reader = new TapReader(tap, video ?? "");
      // One buffer for all, which is copied from; a stream would take 64 KiB of new memory each time.
      const buffer = new Uint8Array(readBytes);
      for (let count; (count = await connection.read(buffer)) !== null;) {
        try {
          if (wanted) reader.push(buffer.subarray(0, count));
        } catch (error) {
          // Reading goes on: ffmpeg would wait for us, and the frames with it.
          wanted = false;
          this.#logger.warn("No live view of the source, and no pictures of events: {error}", {
            error,
          });
        }
      }
    } catch (error) {
      // ffmpeg was killed.
      this.#logger.debug("The camera's packets end: {error}", { error });
    } finally {
      tap.end?.();
    }
  }

  /** To be called when ffmpeg has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    this.#codec.resolve(null);
    await this.#done;
    await this.#socket[Symbol.asyncDispose]();
  }
}
