/** What a decoder needs to begin at once: the packets since the last key frame. */

import type { CameraPacket } from "../frame/camera_packet.ts";

/** Bytes. A camera with 10 s between key frames at 12 Mbit/s fits. */
const defaultLimit = 16 * 1024 * 1024;

/** Keeps packets from the newest key frame on; a group that outgrows the limit is let go. */
export class GopBuffer {
  #packets: CameraPacket[] = [];
  #bytes = 0;
  readonly #limit: number;

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

  push(packet: CameraPacket): void {
    if (packet.kind !== "video") return;
    if (packet.keyframe) this.clear();
    else if (this.#packets.length === 0) return;
    if (this.#bytes + packet.data.length > this.#limit) return this.clear();
    this.#packets.push(packet);
    this.#bytes += packet.data.length;
  }

  clear(): void {
    // A new array, not an emptied one: a reader may be going through the old one.
    this.#packets = [];
    this.#bytes = 0;
  }
}
