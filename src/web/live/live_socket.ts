/** One page of the live view: its WebSocket, and the streams that it shows. */

import { sessionOver } from "../auth/sessions.ts";
import { ackBytes, decodeAck, longestText, refusedCode } from "../static/live/wire.js";
import type { WebStream } from "../web_stream.ts";
import { LiveChannel } from "./live_channel.ts";
import { parsePageMessage, type WatchMessage } from "./live_messages.ts";
import { LiveStateWatch } from "./live_state.ts";
import { SendWindow } from "./send_window.ts";

/** A connection as `ws` has it. */
export interface RawSocket {
  /** Bytes that wait in this process. */
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  /** Cuts it off, whatever waits. */
  terminate(): void;
}

/** Whose page it is, and what it may see. */
export interface LiveSocketOptions {
  readonly socket: RawSocket;
  readonly streams: () => readonly WebStream[];
  /** Ends it. */
  readonly signal: AbortSignal;
  /** A page that acknowledges nothing for so long is cut off. */
  readonly patienceMs: number;
  /** An older picture on a page counts as behind. */
  readonly maxViewAgeMs: number;
  /** A monotonic clock in milliseconds. @default {performance.now} */
  readonly now?: () => number;
}

/** So often states are looked at; they are sent when they change, and in any case every second time. */
const tickMs = 500;
/** Of streams that a page begins with within so long it is told once: a wall asks for 64 at once. */
const gatherMs = 50;
/** A page asks for the clock every 5 s; one that says nothing for so long is gone. */
const silentMs = 20_000;
/** A wall of 64 streams may be asked for anew a few times at once, and again and again within seconds. */
const mostTexts = 512;
const textsPerS = 100;
/**
 * Acknowledgements that say nothing new: a page sends one when something comes and one when a decoder has
 * taken it, so that for each message there may be a few of them.
 */
const mostStale = 8192;
const stalePerMessage = 8;
/** Bytes of text that may wait in this process for a page that does not read. */
const mostText = 64 * 1024;
/** A page that is told to go has so long to close its side. */
const closingMs = 1000;

interface Watched {
  readonly channel: LiveChannel;
  readonly state: LiveStateWatch;
}

/** From its opening to its end. */
export class LiveSocket implements Disposable {
  readonly #options: LiveSocketOptions;
  readonly #now: () => number;
  readonly #window: SendWindow;
  readonly #channels = new Map<number, Watched>();
  readonly #timer: ReturnType<typeof setInterval>;
  /** Runs while states are about to be told. */
  #soon: ReturnType<typeof setTimeout> | undefined;
  /** Runs while it is awaited that the page closes its side. */
  #closing: ReturnType<typeof setTimeout> | undefined;
  #spokenAtMs: number;
  /** So many text messages it may send now. */
  #texts = mostTexts;
  /** And so many acknowledgements without news. */
  #stale = mostStale;
  #ticks = 0;
  #told = "";

  constructor(options: LiveSocketOptions) {
    this.#options = options;
    this.#now = options.now ?? performance.now.bind(performance);
    this.#window = new SendWindow(this.#now, undefined, () => options.socket.bufferedAmount);
    this.#spokenAtMs = this.#now();
    this.#timer = setInterval(() => this.#tick(), tickMs);
    options.signal.addEventListener("abort", this.#cut);
    if (options.signal.aborted) this.#cut();
  }

  /** The page has said something. */
  onMessage(data: string | ArrayBuffer): void {
    // After it was told to go.
    if (this.#closing !== undefined) return;
    const nowMs = this.#now();
    const grown = this.#texts + (nowMs - this.#spokenAtMs) / 1000 * textsPerS;
    this.#texts = Math.min(mostTexts, grown);
    this.#spokenAtMs = nowMs;
    try {
      if (typeof data === "string") this.#onText(data);
      else this.#onAck(data);
    } catch (error) {
      this.#close(1008, (error as Error).message.slice(0, 100));
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    clearTimeout(this.#closing);
    this.#options.signal.removeEventListener("abort", this.#cut);
    for (const { channel } of this.#channels.values()) channel[Symbol.dispose]();
    this.#channels.clear();
  }

  readonly #cut = (): void => {
    const { socket, signal } = this.#options;
    if (signal.reason === sessionOver) this.#close(refusedCode, sessionOver.message);
    else socket.terminate();
  };

  #close(code: number, reason: string): void {
    const { socket } = this.#options;
    this[Symbol.dispose]();
    this.#closing = setTimeout(() => socket.terminate(), closingMs);
    socket.close(code, reason);
  }

  #onText(text: string): void {
    if (--this.#texts < 0) throw new RangeError("Cannot read so many messages: it asks too often");
    if (text.length > longestText) throw new SyntaxError("Cannot read a message: it is too long");
    const message = parsePageMessage(text);
    switch (message.type) {
      case "clock":
        return this.#tell({ ...message, serverUs: Date.now() * 1000 });
      case "stop":
        return this.#stop(message.channel);
      case "watch":
        return this.#watch(message);
    }
  }

  #onAck(data: ArrayBuffer): void {
    if (data.byteLength !== ackBytes) throw new SyntaxError("Cannot read a message: its length");
    const { channel, sequence } = decodeAck(data);
    // A channel that was stopped may still be acknowledged.
    const count = this.#channels.get(channel)?.channel.acknowledged(sequence) ?? 0;
    if (count > 0) {
      this.#stale = Math.min(mostStale, this.#stale + count * stalePerMessage);
      this.#pump();
    } else if (--this.#stale < 0) {
      throw new RangeError("Cannot read so many acknowledgements: they say nothing new");
    }
  }

  #watch({ channel, stream: name, codecs }: WatchMessage): void {
    this.#stop(channel);
    const stream = this.#options.streams().find((stream) => stream.name === name);
    if (stream === undefined) return this.#tell({ type: "gone", channel });
    const { maxViewAgeMs } = this.#options;
    this.#channels.set(channel, {
      channel: new LiveChannel({
        channel,
        stream,
        codecs,
        maxViewAgeMs,
        window: this.#window,
        send: (message) => this.#options.socket.send(message),
        onEnd: () => this.#onEnd(channel),
      }),
      state: new LiveStateWatch(stream),
    });
    this.#tell({ type: "watching", channel, maxFrameAgeMs: stream.maxFrameAgeMs, maxViewAgeMs });
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#told = "";
      this.#tellStates();
    }, gatherMs);
  }

  #stop(channel: number): void {
    this.#channels.get(channel)?.channel[Symbol.dispose]();
    this.#channels.delete(channel);
  }

  /** The stream is gone, or was exchanged for one of the same name. */
  #onEnd(channel: number): void {
    this.#stop(channel);
    this.#tell({ type: "gone", channel });
  }

  /** Each channel is the first in turn. */
  #pump(): void {
    const [first] = this.#channels;
    if (first === undefined) return;
    this.#channels.delete(first[0]);
    this.#channels.set(...first);
    for (const { channel } of this.#channels.values()) channel.pump();
  }

  #tick(): void {
    const { socket, patienceMs } = this.#options;
    if (this.#window.waitsMs > patienceMs || this.#now() - this.#spokenAtMs > silentMs) {
      return socket.terminate();
    }
    if (++this.#ticks % 2 === 0) this.#told = "";
    this.#tellStates();
  }

  #tellStates(): void {
    const nowMs = this.#now();
    const states = [...this.#channels].map(([channel, { state }]) => ({
      channel,
      ...state.read(nowMs),
    }));
    const text = JSON.stringify(states);
    if (text === this.#told) return;
    this.#told = text;
    this.#tell({ type: "states", states });
  }

  #tell(message: Readonly<Record<string, unknown>>): void {
    const { socket } = this.#options;
    if (socket.bufferedAmount < mostText) socket.send(JSON.stringify(message));
  }
}
