/** The live view of one camera: pictures with boxes, made only while somebody watches. */

import type { Analysis } from "../frame/analysis.ts";
import type { CompressedChunk, CompressedTap } from "../frame/compressed.ts";
import type { FrameInfo } from "../frame/frame.ts";
import { GopBuffer } from "./gop_buffer.ts";
import { LatestSlot } from "./latest_slot.ts";
import type { Caption, StreamViewOptions } from "./view_options.ts";
import { ViewSession } from "./view_session.ts";

/** Viewers come and go, pages are reloaded: a session outlives its last viewer by so long. */
const lingerMs = 3000;

/**
 * Keeps the compressed stream since the last key frame and the last result of each stream that shows
 * this camera: that is all while nobody watches. The first viewer starts a session, which decodes, draws and encodes once for all viewers.
 */
export class StreamView implements AsyncDisposable {
  readonly #options: StreamViewOptions;
  readonly #group = new GopBuffer();
  readonly #slots = new Set<LatestSlot<Uint8Array>>();
  readonly #closing = new Set<Promise<void>>();
  readonly #last = new Map<string, { readonly ptsMs: number; readonly analysis: Analysis }>();
  #session: ViewSession | null = null;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;
  #encodes = 0;

  constructor(options: StreamViewOptions) {
    this.#options = options;
  }

  /** Takes the stream's compressed form from the source. */
  readonly tap: CompressedTap = {
    begin: () => {
      this.#group.clear();
      this.#last.clear();
      this.#session?.begin();
    },
    write: (chunk: CompressedChunk) => {
      this.#group.push(chunk);
      this.#session?.write(chunk);
    },
  };

  /** How many watch now. */
  get viewers(): number {
    return this.#slots.size;
  }

  /** Pictures encoded so far, for whatever number of viewers. */
  get encodes(): number {
    return this.#encodes;
  }

  /** Takes the result of a frame. */
  annotate({ stream, ptsMs }: FrameInfo, analysis: Analysis): void {
    this.#last.set(stream, { ptsMs, analysis });
    this.#session?.annotate(stream, ptsMs, analysis);
  }

  /** A stream shows this camera no longer. */
  forget(stream: string): void {
    this.#last.delete(stream);
    this.#session?.forget(stream);
  }

  /**
   * JPEGs from now on until the signal aborts, always the newest: who is slow misses some. While
   * there is no picture, `caption` tells what to show instead.
   */
  async *watch(
    signal: AbortSignal,
    caption: () => Caption = () => ({ title: this.#options.stream, sentence: "no picture yet" }),
  ): AsyncGenerator<Uint8Array> {
    if (signal.aborted || this.#disposed) return;
    const slot = new LatestSlot<Uint8Array>();
    // Also when the viewer never asks again, and so never comes back into this function.
    const leave = () => this.#remove(slot);
    signal.addEventListener("abort", leave);
    this.#slots.add(slot);
    try {
      const session = this.#enter(caption);
      if (session.latest !== null) slot.put(session.latest);
      for (let jpeg; (jpeg = await slot.take()) !== null;) yield jpeg;
    } finally {
      signal.removeEventListener("abort", leave);
      leave();
    }
  }

  /** Ends every viewer and whatever runs for them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    for (const slot of this.#slots) slot.close();
    this.#leave();
    await Promise.all(this.#closing);
  }

  #enter(caption: () => Caption): ViewSession {
    clearTimeout(this.#linger);
    if (this.#session !== null) return this.#session;
    const session = this.#session = new ViewSession({
      ...this.#options,
      caption,
      group: this.#group,
      onJpeg: (jpeg) => this.#slots.forEach((slot) => slot.put(jpeg)),
      onEncode: () => this.#encodes++,
    });
    for (const [stream, { ptsMs, analysis }] of this.#last) {
      session.annotate(stream, ptsMs, analysis);
    }
    return session;
  }

  #remove(slot: LatestSlot<Uint8Array>): void {
    slot.close();
    if (!this.#slots.delete(slot) || this.#slots.size > 0 || this.#disposed) return;
    this.#linger = setTimeout(() => this.#leave(), lingerMs);
  }

  #leave(): void {
    clearTimeout(this.#linger);
    const session = this.#session;
    if (session === null) return;
    this.#session = null;
    const closing = session[Symbol.asyncDispose]().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
