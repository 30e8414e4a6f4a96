/** Feeds a camera's packets to an ffmpeg that reads them from its stdin, and never waits for it. */

import type { CameraPacket, CodecParameters } from "./camera_packet.ts";
import { Channel } from "./channel.ts";
import { nutFrame, nutHeader } from "./nut_muxer.ts";

/** Bytes that may wait for a reader; then it goes on at a later key frame. */
const longestQueue = 16 * 1024 * 1024;

interface Piece {
  readonly bytes: Uint8Array;
  /** A picture's last one. */
  readonly isPicture: boolean;
}

/** One stream of packets, from a key frame to the end. */
export class PacketFeed {
  /** Resolves when nothing more will be written: it was finished, or the reader is gone. */
  readonly done: Promise<void>;
  readonly #queue = new Channel<Piece>();
  readonly #limit: number;
  readonly #hasSound: boolean;
  #queued = 0;
  #skipping = false;
  #closed = false;
  #writingSinceMs: number | null = null;
  /** Pictures that were taken and have not been written. */
  #pictures = 0;
  #lost = 0;

  /** Sound goes along when `parameters` tell of it. `limit`: bytes that may wait. */
  constructor(
    stdin: WritableStream<Uint8Array>,
    parameters: CodecParameters,
    limit = longestQueue,
  ) {
    this.#limit = limit;
    this.#hasSound = parameters.audio !== null;
    this.#send(nutHeader(parameters));
    this.done = this.#feed(stdin.getWriter());
  }

  /** Pictures that were taken and never written. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether what was still waiting is lost. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** For how long the reader has been refusing what it is fed, in milliseconds. */
  get blockedMs(): number {
    return this.#writingSinceMs === null ? 0 : performance.now() - this.#writingSinceMs;
  }

  /** False for a packet that is left out, since too many bytes wait or the reader is gone. */
  write(packet: CameraPacket): boolean {
    if (this.#closed || packet.kind === "audio" && !this.#hasSound) return false;
    if (this.#queued + packet.data.length > this.#limit) this.#skipping = true;
    else if (packet.keyframe && packet.kind === "video") this.#skipping = false;
    if (this.#skipping) return false;
    this.#send(nutFrame(packet));
    this.#send(packet.data, packet.kind === "video");
    return true;
  }

  /** What waits is written, then the stream ends. */
  finish(): void {
    this.#queue.close();
  }

  /** What waits is left out. */
  close(): void {
    this.#closed = true;
    this.#lost += this.#pictures;
    this.#pictures = 0;
    this.#queue.clear();
    this.#queue.close();
    this.#queued = 0;
  }

  #send(bytes: Uint8Array, isPicture = false): void {
    this.#queued += bytes.length;
    if (isPicture) this.#pictures++;
    this.#queue.send({ bytes, isPicture });
  }

  async #feed(writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    try {
      for (let piece; (piece = await this.#queue.receive()) !== null;) {
        this.#queued -= piece.bytes.length;
        this.#writingSinceMs = performance.now();
        await writer.write(piece.bytes);
        this.#writingSinceMs = null;
        // Closed meanwhile, it counts as lost already.
        if (piece.isPicture && !this.#closed) this.#pictures--;
      }
      await writer.close();
    } catch {
      // The reader is gone.
      this.#writingSinceMs = null;
      this.close();
    }
  }
}
