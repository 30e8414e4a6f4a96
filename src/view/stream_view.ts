/** The live view of one camera: pictures with boxes, made only while there are viewers. */

import type { Analysis } from "../frame/analysis.ts";
import type { CameraPacket, CodecParameters, Display, PacketTap } from "../frame/camera_packet.ts";
import type { FrameInfo } from "../frame/frame.ts";
import { Subscribers } from "./subscribers.ts";
import { GopBuffer } from "./gop_buffer.ts";
import { LiveFeed, type PictureTimes } from "./live_feed.ts";
import type { Caption, StreamViewOptions, ViewSize } from "./view_options.ts";
import { ViewSession } from "./view_session.ts";

/**
 * Keeps the packets since the last key frame and the last result of each stream that shows
 * this camera: that is all while there are no viewers. The first viewer of a size starts a session, which
 * decodes, draws and encodes once for all viewers of that size.
 */
export class StreamView implements AsyncDisposable {
  readonly #options: StreamViewOptions;
  readonly #group = new GopBuffer();
  readonly #subscribers: Readonly<Record<ViewSize, Subscribers>> = {
    full: new Subscribers(() => this.#open("full")),
    small: new Subscribers(() => this.#open("small")),
    plain: new Subscribers(() => this.#open("plain")),
  };
  readonly #last = new Map<string, { readonly ptsMs: number; readonly analysis: Analysis }>();
  #caption: () => Caption;
  #display: Display | null = null;
  #parameters: CodecParameters | null = null;
  #encodes = 0;
  /** Times and results, for viewers that draw boxes themselves. */
  readonly feed = new LiveFeed();

  constructor(options: StreamViewOptions) {
    this.#options = options;
    this.#caption = () => ({ title: options.stream, sentence: "no picture yet" });
  }

  /** Takes the camera's packets from the source. */
  readonly tap: PacketTap = {
    begin: () => {
      this.#display = null;
      this.#parameters = null;
      this.#group.begin();
      this.#last.clear();
      this.feed.begin();
      for (const session of this.#sessions()) session.begin();
    },
    // Other parameter sets come in the packets themselves as well.
    describe: (parameters) => {
      this.#parameters = parameters;
      this.feed.describe(parameters);
    },
    show: (display: Display) => {
      this.#display = display;
      this.feed.show(display);
      // It may be known a moment after the first pictures came.
      for (const session of this.#sessions()) session.begin();
    },
    write: (packet: CameraPacket) => {
      this.#group.push(packet);
      for (const session of this.#sessions()) session.write(packet);
      this.feed.write(packet);
    },
  };

  /** How many watch now. */
  get viewers(): number {
    return this.#subscribers.full.size + this.#subscribers.small.size + this.feed.size;
  }

  /** Pictures encoded so far, for whatever number of viewers. */
  get encodes(): number {
    return this.#encodes;
  }

  /** Takes the result of a frame. */
  annotate({ stream, ptsMs }: FrameInfo, analysis: Analysis): void {
    this.#last.set(stream, { ptsMs, analysis });
    for (const session of this.#sessions()) session.annotate(stream, ptsMs, analysis);
    this.feed.annotate(stream, ptsMs, analysis);
  }

  /** A stream shows this camera no longer. */
  forget(stream: string): void {
    this.#last.delete(stream);
    for (const session of this.#sessions()) session.forget(stream);
  }

  /**
   * JPEGs from now on until the signal aborts, always the newest: who is slow misses some. While
   * there is no picture, `caption` says what to show instead. Small pictures are those of key
   * frames only, which cost a fraction.
   */
  async *watch(
    signal: AbortSignal,
    caption?: () => Caption,
    size: ViewSize = "full",
  ): AsyncGenerator<Uint8Array> {
    if (caption !== undefined) this.#caption = caption;
    for await (const { jpeg } of this.#subscribers[size].watch(signal)) yield jpeg;
  }

  /**
   * Pictures of the camera without boxes, but with what use cases draw, likewise always the newest.
   */
  async *watchPlain(
    signal: AbortSignal,
  ): AsyncGenerator<PictureTimes & { readonly jpeg: Uint8Array }> {
    for await (const { jpeg, ptsMs } of this.#subscribers.plain.watch(signal)) {
      const times = ptsMs === null ? null : this.feed.timesOf(ptsMs);
      if (times !== null) yield { ...times, jpeg };
    }
  }

  /** Whether a use case draws into pictures, or may: the camera's own may not be shown then. */
  get mustDraw(): boolean {
    return (this.#options.mustDraw?.() ?? []).length > 0;
  }

  /** Ends every viewer and whatever runs for them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      Object.values(this.#subscribers).map((subscribers) => subscribers[Symbol.asyncDispose]()),
    );
  }

  #sessions(): ViewSession[] {
    return Object.values(this.#subscribers).flatMap(({ session }) => session ?? []);
  }

  #open(size: ViewSize): ViewSession {
    const session = new ViewSession({
      ...this.#options,
      size,
      display: () => this.#display,
      parameters: () => this.#parameters,
      caption: () => this.#caption(),
      group: this.#group,
      onJpeg: (picture) => this.#subscribers[size].show(picture),
      onEncode: () => this.#encodes++,
    });
    for (const [stream, { ptsMs, analysis }] of this.#last) {
      session.annotate(stream, ptsMs, analysis);
    }
    return session;
  }
}
