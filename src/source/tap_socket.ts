/** The way of the compressed stream from ffmpeg to whoever taps it. */

import type { Logger } from "@logtape/logtape";
import type { CompressedTap } from "../frame/compressed.ts";
import { TransportChunker } from "./transport_chunker.ts";

/** Codecs that a transport stream carries so that ffmpeg can decode it again. */
const carried = new Set(["h264", "hevc", "mpeg2video", "mpeg1video", "mpeg4"]);

/**
 * A socket in a directory that only our user may enter, which ffmpeg writes the compressed stream to
 * (a child of `Deno.Command` has no further pipes). It is always read, so that ffmpeg never waits.
 */
export class TapSocket implements AsyncDisposable {
  readonly #directory: string;
  readonly #listener: Deno.UnixListener;
  readonly #logger: Logger;
  readonly #done: Promise<void>;
  readonly #codec = Promise.withResolvers<string | null>();

  private constructor(
    directory: string,
    listener: Deno.UnixListener,
    tap: CompressedTap,
    logger: Logger,
  ) {
    this.#directory = directory;
    this.#listener = listener;
    this.#logger = logger;
    tap.begin();
    this.#done = this.#serve(tap);
  }

  /** Null when this machine has no place for a socket: the frames do not depend on it. */
  static async open(tap: CompressedTap, logger: Logger): Promise<TapSocket | null> {
    try {
      const directory = await Deno.makeTempDir({ prefix: "sightline-" });
      const listener = Deno.listen({ transport: "unix", path: `${directory}/tap` });
      return new TapSocket(directory, listener, tap, logger);
    } catch (error) {
      logger.warn("No live view of the source: cannot make a socket: {error}", { error });
      return null;
    }
  }

  get path(): string {
    return `${this.#directory}/tap`;
  }

  /** What the source is encoded in; until it is known nothing is read. Only the first call counts. */
  setCodec(codec: string): void {
    this.#codec.resolve(codec);
  }

  async #serve(tap: CompressedTap): Promise<void> {
    try {
      using connection = await this.#listener.accept();
      let wanted = carried.has(await this.#codec.promise ?? "");
      const chunker = new TransportChunker();
      for await (const bytes of connection.readable) {
        try {
          if (wanted) chunker.push(bytes).forEach((chunk) => tap.write(chunk));
        } catch (error) {
          // Reading goes on: ffmpeg would wait for us, and the frames with it.
          wanted = false;
          this.#logger.warn("The live view of the source ends: {error}", { error });
        }
      }
    } catch (error) {
      // The listener was closed before ffmpeg came, or ffmpeg was killed.
      this.#logger.debug("The compressed stream ends: {error}", { error });
    }
  }

  /** To be called when ffmpeg has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#codec.resolve(null);
    await this.#done;
    await Deno.remove(this.#directory, { recursive: true });
  }
}
