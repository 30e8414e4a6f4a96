/** Whether a frame can be expected to follow what was heard last. */

/** Packets in a row that have to be followed by a frame each before that is expected of the next. */
const regularAfter = 8;

/**
 * Nothing that ffmpeg says between a packet and its frame is urgent, so it may wait until the frame is
 * there. When a packet comes has to be heard at that moment, since the age of the frame counts from it.
 * Where not every packet becomes a frame, as with a limit of the rate, nobody knows which of the two
 * comes next, and listening must go on.
 */
export class PacketRhythm {
  readonly #hasPackets: boolean;
  #regular = 0;
  /** A packet was heard whose frame was not. */
  #open = false;

  /** `hasPackets`: false for a file, whose packets are not told of. */
  constructor(hasPackets: boolean) {
    this.#hasPackets = hasPackets;
  }

  /** A packet was heard. */
  packet(): void {
    if (this.#open) this.#regular = 0;
    this.#open = true;
  }

  /** A frame was heard. */
  frame(): void {
    this.#regular++;
    this.#open = false;
  }

  /** What is said next is of the frame that comes next. */
  get frameIsNext(): boolean {
    return this.#regular >= regularAfter && (this.#open || !this.#hasPackets);
  }
}
