/** The live view of one camera: pictures with boxes, made only while there are viewers. */

import type { Analysis } from "../frame/analysis.ts";
import type { CompressedChunk, CompressedTap, Display } from "../frame/compressed.ts";
import type { FrameInfo } from "../frame/frame.ts";
import { Subscribers } from "./subscribers.ts";
import { GopBuffer } from "./gop_buffer.ts";
import type { Caption, StreamViewOptions, ViewSize } from "./view_options.ts";
import { ViewSession } from "./view_session.ts";

/**
 * Keeps the compressed stream since the last key frame and the last result of each stream that shows
 * this camera: that is all while there are no viewers. The first viewer of a size starts a session, which
 * decodes, draws and encodes once for all viewers of that size.
 */
export class StreamView implements AsyncDisposable {
  readonly #options: StreamViewOptions;
  readonly #group = new GopBuffer();
  readonly #full = new Subscribers(() => this.#open("full"));
  readonly #small = new Subscribers(() => this.#open("small"));
  readonly #last = new Map<string, { readonly ptsMs: number; readonly analysis: Analysis }>();
  #caption: () => Caption;
  #display: Display | null = null;
  #encodes = 0;

  constructor(options: StreamViewOptions) {
    this.#options = options;
    this.#caption = () => ({ title: options.stream, sentence: "no picture yet" });
  }

  /** Takes the stream's compressed form from the source. */
  readonly tap: CompressedTap = {
    begin: () => {
      this.#display = null;
      this.#group.clear();
      this.#last.clear();
      this.#full.session?.begin();
      this.#small.session?.begin();
    },
    show: (display: Display) => {
      this.#display = display;
      // It may be known a moment after the first pictures came.
      this.#full.session?.begin();
      this.#small.session?.begin();
    },
    write: (chunk: CompressedChunk) => {
      this.#group.push(chunk);
      this.#full.session?.write(chunk);
      this.#small.session?.write(chunk);
    },
  };

  /** How many watch now. */
  get viewers(): number {
    return this.#full.size + this.#small.size;
  }

  /** Pictures encoded so far, for whatever number of viewers. */
  get encodes(): number {
    return this.#encodes;
  }

  /** Takes the result of a frame. */
  annotate({ stream, ptsMs }: FrameInfo, analysis: Analysis): void {
    this.#last.set(stream, { ptsMs, analysis });
    this.#full.session?.annotate(stream, ptsMs, analysis);
    this.#small.session?.annotate(stream, ptsMs, analysis);
  }

  /** A stream shows this camera no longer. */
  forget(stream: string): void {
    this.#last.delete(stream);
    this.#full.session?.forget(stream);
    this.#small.session?.forget(stream);
  }

  /**
   * JPEGs from now on until the signal aborts, always the newest: who is slow misses some. While
   * there is no picture, `caption` says what to show instead. Small pictures are those of key
   * frames only, which cost a fraction.
   */
  watch(
    signal: AbortSignal,
    caption?: () => Caption,
    size: ViewSize = "full",
  ): AsyncGenerator<Uint8Array> {
    if (caption !== undefined) this.#caption = caption;
    return (size === "full" ? this.#full : this.#small).watch(signal);
  }

  /** Ends every viewer and whatever runs for them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#full[Symbol.asyncDispose](), this.#small[Symbol.asyncDispose]()]);
  }

  #open(size: ViewSize): ViewSession {
    const session = new ViewSession({
      ...this.#options,
      size,
      display: () => this.#display,
      caption: () => this.#caption(),
      group: this.#group,
      onJpeg: (jpeg) => (size === "full" ? this.#full : this.#small).show(jpeg),
      onEncode: () => this.#encodes++,
    });
    for (const [stream, { ptsMs, analysis }] of this.#last) {
      session.annotate(stream, ptsMs, analysis);
    }
    return session;
  }
}
