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
  readonly #done: Promise<void>;
  readonly #codec = Promise.withResolvers<string | null>();

  private constructor(directory: string, listener: Deno.UnixListener, tap: CompressedTap) {
    this.#directory = directory;
    this.#listener = listener;
    tap.begin();
    this.#done = this.#serve(tap);
  }

  /** Null when this machine has no place for a socket: the frames do not depend on it. */
  static async open(tap: CompressedTap, logger: Logger): Promise<TapSocket | null> {
    try {
      const directory = await Deno.makeTempDir({ prefix: "sightline-" });
      const listener = Deno.listen({ transport: "unix", path: `${directory}/tap` });
      return new TapSocket(directory, listener, tap);
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
      const wanted = carried.has(await this.#codec.promise ?? "");
      const chunker = new TransportChunker();
      for await (const bytes of connection.readable) {
        if (!wanted) continue;
        for (const chunk of chunker.push(bytes)) tap.write(chunk);
      }
    } catch (error) {
      // The listener was closed before ffmpeg came, or ffmpeg was killed.
      if (!isEnd(error)) throw error;
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

function isEnd(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
}
