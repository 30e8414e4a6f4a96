/** Encodes drawn pictures as JPEG, by an ffmpeg of its own. */

import { FfmpegProcess } from "../source/ffmpeg_process.ts";
import { type ByteSink, PictureChannel } from "../source/picture/picture_channel.ts";
import type { ChildGuard } from "../process_guard.ts";
import type { Picture } from "../use_case/use_case.ts";
import { encoderArgs } from "./ffmpeg_args.ts";

/** A picture takes milliseconds; an encoder that is silent for so long is frozen. */
const patienceMs = 3000;

/**
 * Encodes one picture at a time. ffmpeg's encoder needs a third of the CPU that imagescript's takes
 * for the same picture, and takes it outside of our thread, which has frames to move.
 */
export class JpegEncoder implements AsyncDisposable {
  readonly #guard: ChildGuard;
  #run: EncoderRun | null = null;

  constructor(guard: ChildGuard) {
    this.#guard = guard;
  }

  /** @throws {Error} when ffmpeg cannot; the next picture then gets a new process */
  async encode(picture: Picture): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#run !== null && !this.#run.fits(picture)) await this.#end();
    this.#run ??= new EncoderRun(this.#guard, picture);
    try {
      return await this.#run.encode(picture.data);
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }

  async #end(): Promise<void> {
    const run = this.#run;
    this.#run = null;
    await run?.[Symbol.asyncDispose]();
  }
}

/** One process, for pictures of one size. */
class EncoderRun implements AsyncDisposable {
  readonly #size: Picture;
  readonly #pictures: PictureChannel;
  readonly #process: FfmpegProcess;
  readonly #input: Promise<ByteSink>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

  constructor(guard: ChildGuard, size: Picture) {
    this.#size = size;
    this.#pictures = PictureChannel.to(guard);
    this.#process = new FfmpegProcess({
      args: encoderArgs(size, this.#pictures.url),
      guard,
      stdin: this.#pictures.stream,
      listener: { onLine: () => {} },
    });
    this.#input = this.#pictures.sink(this.#process);
    this.#output = this.#process.stdout.getReader();
  }

  fits({ width, height }: Picture): boolean {
    return this.#size.width === width && this.#size.height === height;
  }

  async encode(data: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const timer = setTimeout(() => void this.#process.stop(), patienceMs);
    try {
      const [jpeg] = await Promise.all([this.#read(), this.#write(data)]);
      return jpeg;
    } finally {
      clearTimeout(timer);
    }
  }

  async #write(data: Uint8Array): Promise<void> {
    const input = await this.#input;
    await input.write(data);
  }

  /** Only one picture is under way, so that its bytes end where an end-of-image marker does. */
  async #read(): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    let [beforeLast, last] = [0, 0];
    while (beforeLast !== 0xff || last !== 0xd9) {
      const { value } = await this.#output.read();
      if (value === undefined) throw new Error("Cannot encode a picture: ffmpeg has ended");
      parts.push(value);
      length += value.length;
      [beforeLast, last] = [value.at(-2) ?? last, value.at(-1) ?? last];
    }
    const jpeg = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      jpeg.set(part, at);
      at += part.length;
    }
    return jpeg;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // An ffmpeg that waits for pictures would notice no signal, but the end of them.
    const closed = this.#input.then((input) => input.close()).catch(() => {});
    await Promise.all([closed, this.#process.stop(), this.#output.cancel().catch(() => {})]);
    await this.#pictures[Symbol.asyncDispose]();
  }
}
