/** One stream on its way to one page: pictures and results, the newest, as far as the page takes them. */

import { codecFamily } from "../../view/browser_codec.ts";
import type { LiveListener, LivePacket, LiveResult, PictureTimes } from "../../view/live_feed.ts";
import { encodeMessage, headerBytes, type MessageKind } from "../static/live/wire.js";
import type { WebStream } from "../web_stream.ts";
import type { SendWindow } from "./send_window.ts";

/** What a channel is made of. */
export interface LiveChannelOptions {
  /** The page's number for it. */
  readonly channel: number;
  readonly stream: WebStream;
  /** Families of codecs that the page decodes, besides JPEG. */
  readonly codecs: readonly string[];
  /** A packet that is older is not sent any more. */
  readonly maxViewAgeMs: number;
  /** Shared by all channels of the page. */
  readonly window: SendWindow;
  readonly send: (message: Uint8Array<ArrayBuffer>) => void;
  /** Called when there will be no more pictures. */
  readonly onEnd: () => void;
}

/** For so long a page that joins is sent older packets, which the newest picture is made of. */
const joiningMs = 1000;
/** Results that wait for their picture at most, and pictures whose results are awaited. */
const mostResults = 64;

const encoder = new TextEncoder();

/**
 * From the page's asking for a stream until it wants it no more. It sends the camera's own packets
 * where the page decodes them, JPEG otherwise, and keeps nothing that waits: packets stand in the
 * feed, which all viewers share, and of JPEG there is the newest.
 */
export class LiveChannel implements Disposable, LiveListener {
  readonly #options: LiveChannelOptions;
  readonly #subscription: Disposable;
  readonly #joinedAtMs = performance.now();
  #sequence = 0;
  #isOver = false;
  /** Ends the making of JPEG; null while packets are sent. */
  #jpegs: AbortController | null = null;
  #jpeg: (PictureTimes & { readonly data: Uint8Array }) | null = null;
  /** Of the group of pictures that is sent, so many packets were. */
  #group: readonly LivePacket[] = [];
  #at = 0;
  /** What the page was told last of how pictures are encoded. */
  #described = "";
  /** That came and were not sent: of pictures that are not sent yet, or never will be. */
  #results: LiveResult[] = [];
  /** Time stamps of the last pictures that were sent. */
  #sentMs: number[] = [];

  constructor(options: LiveChannelOptions) {
    this.#options = options;
    this.#subscription = options.stream.view.feed.subscribe(this);
    this.pump();
  }

  /** The page has taken in everything up to a message of this channel; tells how much that was new. */
  acknowledged(sequence: number): number {
    // A number that was never sent says nothing.
    if (sequence > this.#sequence) return 0;
    return this.#options.window.acknowledged(this.#options.channel, sequence);
  }

  onBegin(): void {
    // Its clock is another one, and what waits will not be asked for.
    this.#described = "";
    this.#jpeg = null;
    this.#results = [];
    this.#sentMs = [];
  }

  onPacket(): void {
    this.pump();
  }

  onResult(result: LiveResult): void {
    this.#results.push(result);
    if (this.#results.length > mostResults) this.#results.shift();
    this.pump();
  }

  /** Sends what waits, as far as the window admits it. */
  pump(): void {
    if (this.#isOver) return;
    if (this.#sendsPackets()) this.#pumpPackets();
    else this.#pumpJpeg();
    // What was found in pictures that the page does not get would only take their place.
    for (const result of this.#results) {
      if (!this.#sentMs.includes(result.ptsMs)) continue;
      if (!this.#admits(result.payload)) return;
      this.#results = this.#results.filter((other) => other !== result);
      this.#send("record", result, result.payload);
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#jpegs?.abort();
    this.#subscription[Symbol.dispose]();
    this.#options.window.forget(this.#options.channel);
  }

  /** Asked before each picture: a use case that draws may come, and must not be passed by. */
  #sendsPackets(): boolean {
    const { stream: { view }, codecs } = this.#options;
    const { description } = view.feed;
    if (view.mustDraw || description === null || view.feed.isWithoutKeyFrames) return false;
    const family = codecFamily(description.codec);
    return family === "jpeg" || codecs.includes(family);
  }

  #pumpPackets(): void {
    const { stream: { view: { feed } }, maxViewAgeMs } = this.#options;
    this.#jpegs?.abort();
    this.#jpegs = null;
    if (feed.group !== this.#group) {
      this.#group = feed.group;
      this.#at = 0;
    }
    const isJoining = performance.now() - this.#joinedAtMs < joiningMs;
    for (; this.#at < this.#group.length; this.#at++) {
      const packet = this.#group[this.#at]!;
      const isOld = Date.now() - packet.capturedAtMs > maxViewAgeMs;
      // The page goes on at the next key frame.
      if (isOld && !isJoining) this.#at = Infinity;
      if (this.#at === Infinity || !this.#admits(packet.data)) return;
      this.#describe(feed.description);
      const isFollowed = this.#at < this.#group.length - 1;
      const { isKey } = packet;
      this.#sendPicture(packet, feed.payloadOf(packet), { isKey, isFollowed });
    }
  }

  #pumpJpeg(): void {
    if (this.#jpegs === null) {
      this.#jpegs = new AbortController();
      void this.#takeJpegs(this.#jpegs.signal);
    }
    const jpeg = this.#jpeg;
    if (jpeg === null || !this.#admits(jpeg.data)) return;
    this.#jpeg = null;
    this.#describe({ codec: "jpeg" });
    this.#sendPicture(jpeg, jpeg.data, { isKey: true });
  }

  async #takeJpegs(signal: AbortSignal): Promise<void> {
    for await (const { jpeg, ...times } of this.#options.stream.view.watchPlain(signal)) {
      if (signal.aborted) return;
      // The newest one goes before one that still waits.
      this.#jpeg = { ...times, data: jpeg };
      this.pump();
    }
    if (!signal.aborted) this.#options.onEnd();
  }

  /** Said before the first picture, and before one that is encoded or shown otherwise. */
  #describe(description: unknown): void {
    const text = JSON.stringify(description);
    if (text === this.#described) return;
    this.#described = text;
    this.#send("description", { ptsMs: 0, capturedAtMs: 0 }, encoder.encode(text));
  }

  #sendPicture(
    times: PictureTimes,
    payload: Uint8Array,
    flags: { readonly isKey: boolean; readonly isFollowed?: boolean },
  ): void {
    this.#sentMs.push(times.ptsMs);
    if (this.#sentMs.length > mostResults) this.#sentMs.shift();
    this.#send("picture", times, payload, flags);
  }

  #admits(payload: Uint8Array): boolean {
    return this.#options.window.admits(headerBytes + payload.length);
  }

  #send(
    kind: MessageKind,
    { ptsMs, capturedAtMs }: PictureTimes,
    payload: Uint8Array,
    { isKey = false, isFollowed = false } = {},
  ): void {
    const { channel, window, send } = this.#options;
    const sequence = ++this.#sequence;
    const message = encodeMessage({
      kind,
      channel,
      sequence,
      isKey,
      isFollowed,
      ptsUs: Math.round(ptsMs * 1000),
      capturedAtUs: Math.round(capturedAtMs * 1000),
      payload,
    });
    window.sent(channel, sequence, message.length);
    send(message);
  }
}
