/** Below the requests of an HTTP/2 connection, client's or server's: frames, settings, pings, windows. */

import { concatBytes } from "../../concat_bytes.ts";
import {
  frameFlag,
  FrameReader,
  frameType,
  type Http2Frame,
  makeFrame,
  makeSettings,
  readUint32,
  setting,
  uint32,
} from "./frame.ts";
import { SendWindows } from "./send_windows.ts";

/** The bytes of a connection, once it stands. */
export type ByteStream = Pick<Deno.Conn, "read" | "write" | "close">;

// What HTTP/2 begins with, and we leave so.
const maxFrameSize = 16_384;
const firstWindow = 65_535;

/** As large as a window can be: the peer may send as much as it likes, its requests are bounded otherwise. */
export const largestWindow = 0x7fffffff;

/** Settings of a {@link FrameLink}. */
export interface FrameLinkOptions {
  /** Bytes that may wait to be written while more is read. @default {any number} */
  readonly maxUnsentBytes?: number;
  /** Bytes that the peer may send on a stream ahead of being allowed more. @default {largestWindow} */
  readonly streamWindow?: number;
  /** Called for each frame, before the link acts on it; what it throws ends {@link FrameLink.readAll}. */
  onFrame(frame: Http2Frame): void;
  /** Called when settings of the peer are in effect. */
  onSettings?(settings: ReadonlyMap<number, number>): void;
  /** Called when nothing can be written any more. */
  onBroken(error: Error): void;
}

/** Reads and writes the frames of one connection. */
export class FrameLink {
  /** What the peer allows to be sent. */
  readonly windows = new SendWindows((frames) => this.write(frames));
  /** When something was last read, on the clock of `performance.now()`. */
  lastReadAtMs = performance.now();
  readonly #bytes: ByteStream;
  readonly #options: FrameLinkOptions;
  readonly #unsent: Uint8Array<ArrayBuffer>[] = [];
  #unsentBytes = 0;
  #writing = false;
  /** Resolves when few enough bytes wait to be written; made when reading waits for that. */
  #drained: PromiseWithResolvers<void> | undefined;
  #unacknowledged = 0;
  #closed = false;

  constructor(bytes: ByteStream, options: FrameLinkOptions) {
    this.#bytes = bytes;
    this.#options = options;
  }

  /** Whether it was closed on this side. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Sends what a side begins with: our settings, and a window that lets the peer send freely. */
  greet(settings: readonly (readonly [id: number, value: number])[], preface = new Uint8Array()) {
    const { streamWindow = largestWindow } = this.#options;
    const all = makeSettings([...settings, [setting.initialWindowSize, streamWindow]]);
    this.write(concatBytes([
      preface,
      makeFrame(frameType.settings, frameFlag.none, 0, all),
      makeFrame(frameType.windowUpdate, frameFlag.none, 0, uint32(largestWindow - firstWindow)),
    ]));
  }

  /** Sends frames, behind those that wait. */
  write(frames: Uint8Array<ArrayBuffer>): void {
    if (this.#closed) return;
    this.#unsent.push(frames);
    this.#unsentBytes += frames.byteLength;
    if (!this.#writing) void this.#writeAll();
  }

  /** Reads until the peer ends the connection, or it is closed. @throws {Error} when it breaks */
  async readAll(): Promise<void> {
    const reader = new FrameReader(maxFrameSize);
    const { maxUnsentBytes = Infinity } = this.#options;
    while (!this.#closed) {
      while (this.#unsentBytes > maxUnsentBytes) {
        this.#drained ??= Promise.withResolvers();
        await this.#drained.promise;
      }
      const length = await this.#bytes.read(reader.space());
      if (length === null) return;
      this.lastReadAtMs = performance.now();
      reader.add(length);
      for (let frame = reader.next(); frame !== null; frame = reader.next()) this.#receive(frame);
    }
  }

  /** Takes note of bytes that were received on a stream, and allows the peer as many when it is time. */
  received(stream: { readonly id: number; unacknowledged: number }, byteLength: number): void {
    const { streamWindow = largestWindow } = this.#options;
    stream.unacknowledged += byteLength;
    if (stream.unacknowledged < streamWindow / 2) return;
    const increment = uint32(stream.unacknowledged);
    this.write(makeFrame(frameType.windowUpdate, frameFlag.none, stream.id, increment));
    stream.unacknowledged = 0;
  }

  /** Ends the connection at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsentBytes = 0;
    this.#resumeReading();
    try {
      this.#bytes.close();
    } catch {
      // It was closed before.
    }
  }

  #receive(frame: Http2Frame): void {
    this.#options.onFrame(frame);
    const { type, flags, payload } = frame;
    if (type === frameType.data) return this.#acknowledge(payload.byteLength);
    if ((flags & frameFlag.ack) !== 0) return;
    if (type === frameType.settings) this.#applySettings(payload);
    if (type === frameType.ping) {
      this.write(makeFrame(frameType.ping, frameFlag.ack, 0, payload.subarray(0, 8)));
    }
  }

  #acknowledge(byteLength: number): void {
    this.#unacknowledged += byteLength;
    if (this.#unacknowledged < largestWindow / 2) return;
    this.write(makeFrame(frameType.windowUpdate, frameFlag.none, 0, uint32(this.#unacknowledged)));
    this.#unacknowledged = 0;
  }

  #applySettings(payload: Uint8Array): void {
    const settings = new Map<number, number>();
    for (let offset = 0; offset + 6 <= payload.byteLength; offset += 6) {
      const id = payload[offset]! << 8 | payload[offset + 1]!;
      const value = readUint32(payload, offset + 2);
      settings.set(id, value);
      if (id === setting.initialWindowSize) this.windows.setInitial(value);
      if (id === setting.maxFrameSize) this.windows.setMaxFrameSize(value);
    }
    this.write(makeFrame(frameType.settings, frameFlag.ack, 0, new Uint8Array()));
    this.#options.onSettings?.(settings);
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    try {
      for (let frames = this.#unsent.shift(); frames !== undefined; frames = this.#unsent.shift()) {
        let written = await this.#bytes.write(frames);
        while (written < frames.byteLength) {
          written += await this.#bytes.write(frames.subarray(written));
        }
        this.windows.recycle(frames);
        this.#unsentBytes -= frames.byteLength;
        if (this.#unsentBytes <= (this.#options.maxUnsentBytes ?? Infinity)) this.#resumeReading();
      }
    } catch (error) {
      this.#options.onBroken(error as Error);
    }
    this.#writing = false;
  }

  #resumeReading(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
