/** Pictures out of what an ffmpeg writes as raw video and says on stderr. */

import { bytesOf, type DecodedPicture, type Pixels } from "../../frame/decoded_picture.ts";
import { Channel } from "../../frame/channel.ts";
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
  /** Reads the lines that ffmpeg has written by now, until there is enough. @default {they come} */
  drainLines?(enough: () => boolean): void;
}

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

  /** Resolves at the end of the pictures. */
  async read(source: ByteSource): Promise<void> {
    const { pool, pixels, ptsMsOf, onPicture, drainLines } = this.#options;
    const first = new Uint8Array(1);
    while (await fill(first, source)) {
      drainLines?.(() => this.#headers.size > 0);
      const header = await this.#headers.receive();
      if (header === null) return;
      const { ticks, width, height, tags } = header;
      const data = pool.take(bytesOf(header, pixels));
      data.set(first);
      if (!await fill(data.subarray(1), source)) return;
      const ptsMs = ticks === null ? null : ptsMsOf(ticks);
      await onPicture({ ptsMs, width, height, pixels, tags, data });
    }
  }
}
