/** One stream on its way to one page: pictures and results, the newest, as far as the page takes them. */

import type { LiveListener, LiveResult } from "../../view/live_feed.ts";
import { encodeMessage, headerBytes, type MessageKind } from "../static/live/wire.js";
import type { WebStream } from "../web_stream.ts";
import type { SendWindow } from "./send_window.ts";

/** What a channel is made of. */
export interface LiveChannelOptions {
  /** The page's number for it. */
  readonly channel: number;
  readonly stream: WebStream;
  /** Shared by all channels of the page. */
  readonly window: SendWindow;
  readonly send: (message: Uint8Array<ArrayBuffer>) => void;
  /** Called when there will be no more pictures. */
  readonly onEnd: () => void;
}

interface PendingPicture {
  readonly ptsMs: number;
  readonly capturedAtMs: number;
  readonly data: Uint8Array;
}

const encoder = new TextEncoder();

/** From the page's asking for a stream until it wants it no more. Keeps one picture at most. */
export class LiveChannel implements Disposable, LiveListener {
  readonly #options: LiveChannelOptions;
  readonly #end = new AbortController();
  readonly #subscription: Disposable;
  #sequence = 0;
  #picture: PendingPicture | null = null;
  /** By stream of the camera: the newest that has not been sent. */
  readonly #results = new Map<string, LiveResult>();

  constructor(options: LiveChannelOptions) {
    this.#options = options;
    this.#subscription = options.stream.view.feed.subscribe(this);
    this.#describe({ codec: "jpeg" });
    void this.#takeJpegs();
  }

  /** The stream that it shows. */
  get stream(): WebStream {
    return this.#options.stream;
  }

  /** The page has taken in everything up to a message of this channel. */
  acknowledged(sequence: number): void {
    // A number that was never sent says nothing.
    if (sequence <= this.#sequence) {
      this.#options.window.acknowledged(this.#options.channel, sequence);
    }
  }

  onResult(result: LiveResult): void {
    this.#results.set(result.stream, result);
    this.pump();
  }

  /** Sends what waits, as far as the window admits it. */
  pump(): void {
    const { window } = this.#options;
    const picture = this.#picture;
    if (picture !== null && window.admits(headerBytes + picture.data.length)) {
      this.#picture = null;
      this.#send("picture", picture, picture.data, true);
    }
    for (const [stream, result] of this.#results) {
      if (!window.admits(headerBytes + result.payload.length)) return;
      this.#results.delete(stream);
      this.#send("record", result, result.payload);
    }
  }

  [Symbol.dispose](): void {
    this.#end.abort();
    this.#subscription[Symbol.dispose]();
    this.#options.window.forget(this.#options.channel);
  }

  async #takeJpegs(): Promise<void> {
    const { stream, onEnd } = this.#options;
    const { signal } = this.#end;
    for await (const { ptsMs, capturedAtMs, jpeg } of stream.view.watchPlain(signal)) {
      // The newest one goes before one that still waits.
      this.#picture = { ptsMs, capturedAtMs: capturedAtMs ?? Date.now(), data: jpeg };
      this.pump();
    }
    if (!signal.aborted) onEnd();
  }

  #describe(told: Readonly<Record<string, unknown>>): void {
    const payload = encoder.encode(JSON.stringify(told));
    this.#send("description", { ptsMs: 0, capturedAtMs: 0 }, payload);
  }

  #send(
    kind: MessageKind,
    { ptsMs, capturedAtMs }: { readonly ptsMs: number; readonly capturedAtMs: number },
    payload: Uint8Array,
    isKey = false,
  ): void {
    const { channel, window, send } = this.#options;
    const sequence = ++this.#sequence;
    const message = encodeMessage({
      kind,
      channel,
      sequence,
      isKey,
      isFollowed: false,
      ptsUs: Math.round(ptsMs * 1000),
      capturedAtUs: Math.round(capturedAtMs * 1000),
      payload,
    });
    window.sent(channel, sequence, message.length);
    send(message);
  }
}
