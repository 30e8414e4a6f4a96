/** Pictures out of what an ffmpeg writes as raw video and says on stderr. */

import { bytesOf, type DecodedPicture, type Pixels } from "../../frame/decoded_picture.ts";
import { Channel } from "../../frame/channel.ts";
import { NutDemuxer } from "../../frame/nut_demuxer.ts";
import type { MemoryPool } from "../../frame/memory_pool.ts";
import {
  isPictureLine,
  parseColorTags,
  parsePictureHeader,
  type PictureHeader,
} from "../lines/picture_lines.ts";
import type { PixelSize } from "../lines/ffmpeg_line.ts";
import { type ByteSource, fill } from "../read_frames.ts";

/** How pictures are read. */
export interface DecodedPicturesOptions {
  /** Larger ones are made up. */
  readonly most: PixelSize;
  readonly pixels: Pixels;
  readonly pool: MemoryPool;
  /** From the time base of ffmpeg's filter. */
  ptsMsOf(ticks: number): number;
  /** The next picture is read when what it returns has resolved. */
  onPicture(picture: DecodedPicture): void | Promise<void>;
  /** A picture was left out on the way. */
  onMissing?(): void;
  /** Reads the lines that ffmpeg has written by now, until there is enough. @default {they come} */
  drainLines?(enough: () => boolean): void;
}

/** The head of a picture, and little of the picture, which is copied. */
const blockBytes = 1024;

/** Joins pixels with lines; a camera may change the size of its pictures from one to the next. */
export class DecodedPictures {
  readonly #options: DecodedPicturesOptions;
  /** The lines of a picture are written before the picture, though they may be read after it. */
  readonly #headers = new Channel<PictureHeader>();
  /** The first of its two lines. */
  #header: Omit<PictureHeader, "tags"> | null = null;

  constructor(options: DecodedPicturesOptions) {
    this.#options = options;
  }

  /** False for a line that is about something else. */
  takeLine(line: string): boolean {
    if (!isPictureLine(line)) return false;
    const header = parsePictureHeader(line, this.#options.most);
    const tags = this.#header && parseColorTags(line);
    if (header !== null) this.#header = header;
    else if (tags) {
      this.#headers.send({ ...this.#header!, tags });
      this.#header = null;
    }
    return true;
  }

  /** No more lines will come. */
  close(): void {
    this.#headers.close();
  }

  /** Raw video, of which no picture is left out. Resolves at its end. */
  async read(source: ByteSource): Promise<void> {
    const nothing = new Uint8Array(0);
    for (let header; (header = await this.#headers.receive()) !== null;) {
      if (!await this.#take(header, nothing, source)) return;
    }
  }

  /**
   * NUT, whose times are the numbers of pictures in ms: those that are missing were left out on the way.
   * Resolves at its end. @throws {SyntaxError} when it is not that
   */
  async readNumbered(source: ByteSource): Promise<void> {
    const demuxer = new NutDemuxer();
    const block = new Uint8Array(blockBytes);
    let bytes = block.subarray(0, 0);
    for (let told = 0;;) {
      const head = demuxer.pushHead(bytes);
      bytes = block.subarray(0, 0);
      if (head === null) {
        const count = await source.read(block);
        if (count === null) return;
        bytes = block.subarray(0, count);
        continue;
      }
      for (; told < Math.round(head.timeMs); told++) {
        if (await this.#nextHeader() === null) return;
        this.#options.onMissing?.();
      }
      const header = await this.#nextHeader();
      told++;
      if (header === null) return;
      if (bytesOf(header, this.#options.pixels) !== head.size) {
        throw new SyntaxError(`Cannot read pictures: one of ${head.size} bytes`);
      }
      if (!await this.#take(header, head.begin, source)) return;
    }
  }

  /** That of the next picture, which is written already; null when ffmpeg has ended. */
  #nextHeader(): PictureHeader | null | Promise<PictureHeader | null> {
    this.#options.drainLines?.(() => this.#headers.size > 0);
    return this.#headers.receive();
  }

  /** Reads what follows its first bytes. False when the pictures end before. */
  async #take(
    { ticks, width, height, tags }: PictureHeader,
    begin: Uint8Array,
    source: ByteSource,
  ): Promise<boolean> {
    const { pool, pixels, ptsMsOf, onPicture } = this.#options;
    const data = pool.take(bytesOf({ width, height }, pixels));
    data.set(begin);
    if (await fill(data.subarray(begin.length), source) === null) return false;
    const ptsMs = ticks === null ? null : ptsMsOf(ticks);
    await onPicture({ ptsMs, width, height, pixels, tags, data });
    return true;
  }
}
