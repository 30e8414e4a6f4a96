/** Cadence of packets and frames: whether the next line is expected to be a frame's. */

/** Packets in a row that have to be followed by a frame each before that is expected of the next. */
const regularAfter = 8;

/**
 * Nothing that ffmpeg says between a packet and its frame is urgent, so reading it can be deferred
 * until the frame is there. A packet's line has to be read when it comes, since the age of its frame
 * counts from then. Where not every packet becomes a frame, as with a limit of the rate, it cannot be
 * known which of the two comes next, and reading must go on.
 */
export class FrameCadence {
  readonly #hasPackets: boolean;
  #regular = 0;
  /** A packet came, and its frame did not yet. */
  #open = false;

  /** `hasPackets`: false for a file, for whose packets ffmpeg writes no lines. */
  constructor(hasPackets: boolean) {
    this.#hasPackets = hasPackets;
  }

  /** A packet has come. */
  packet(): void {
    if (this.#open) this.#regular = 0;
    this.#open = true;
  }

  /** A frame has left the filters. */
  frame(): void {
    this.#regular++;
    this.#open = false;
  }

  /** The next lines are expected to be those of a frame. */
  get frameIsNext(): boolean {
    return this.#regular >= regularAfter && (this.#open || !this.#hasPackets);
  }
}
