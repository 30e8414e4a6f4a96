/** What a decoder needs to begin at once: the packets since the last key frame. */

import type { CameraPacket } from "../frame/camera_packet.ts";

/** Bytes. A camera with 10 s between key frames at 12 Mbit/s fits. */
const defaultLimit = 16 * 1024 * 1024;

/** A camera that sent no key frame for so long may never send one. */
const keylessMs = 3000;

/**
 * Keeps packets from the newest key frame on; a group that outgrows the limit is let go. Of a camera
 * without key frames it keeps what comes after some seconds: a decoder makes of it what it can.
 */
export class GopBuffer {
  #packets: CameraPacket[] = [];
  #bytes = 0;
  readonly #limit: number;
  /** When the first packet came that no group was there for; null = there was a key frame. */
  #keylessSinceMs: number | null = null;
  #hadKey = false;

  constructor(limit = defaultLimit) {
    this.#limit = limit;
  }

  /** In order, the first of them a key frame; empty while there is nothing to begin with. */
  get packets(): readonly CameraPacket[] {
    return this.#packets;
  }

  /** Size of what is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  push(packet: CameraPacket, nowMs = performance.now()): void {
    if (packet.kind !== "video") return;
    if (packet.keyframe) {
      this.clear();
      this.#hadKey = true;
    } else if (this.#packets.length === 0) {
      this.#keylessSinceMs ??= nowMs;
      if (this.#hadKey || nowMs - this.#keylessSinceMs <= keylessMs) return;
    }
    if (this.#bytes + packet.data.length > this.#limit) return this.begin();
    this.#packets.push(packet);
    this.#bytes += packet.data.length;
  }

  clear(): void {
    // A new array, not an emptied one: a reader may be going through the old one.
    this.#packets = [];
    this.#bytes = 0;
  }

  /** Nothing is known of key frames any more, or yet. */
  begin(): void {
    this.clear();
    this.#keylessSinceMs = null;
    this.#hadKey = false;
  }
}
