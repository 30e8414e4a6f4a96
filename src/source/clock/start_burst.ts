/** What a camera, its server or ffmpeg had in store when a run begins, which comes at once. */

/** Who waited for a packet so long has read all that was in store. */
export const edgeMs = 500;

/** So has who read for so long… */
const judgeMs = 250;
/** …no faster than this, in seconds a second. */
const leastSpeed = 1.5;

/** A store that is not read by then is taken as far as it was. */
const longestMs = 4000;

/** A stamp that is off by more than any store is long tells nothing. */
const jumpMs = 20_000;

interface Packet {
  readonly pts: number;
  /** When it was read, on a monotonic clock. */
  readonly atMs: number;
}

/**
 * The first packets of a run. ffmpeg reads some before it says a word, as it looks for what it is, and
 * many servers begin with the last key frame and what followed it. Only the last of them came as it
 * was read: by its time stamp it is known how old the others are.
 */
export class StartBurst {
  readonly #packets: Packet[] = [];
  /** Those of pictures that are shown after all before them. */
  readonly #onward: Packet[] = [];
  /** Of these, how many came before the first frame; null until that is there. */
  #beforeFrame: number | null = null;

  /** Takes a packet. */
  packet(pts: number, atMs: number): void {
    const packet = { pts, atMs };
    this.#packets.push(packet);
    const newest = this.#onward.at(-1);
    if (newest === undefined || pts > newest.pts) this.#onward.push(packet);
  }

  /** A frame has come: from here on ffmpeg reads as fast as it can, which until then waits for itself. */
  frame(): void {
    this.#beforeFrame ??= Math.max(0, this.#onward.length - 1);
  }

  /** Whether there is a frame yet. */
  get hasFrames(): boolean {
    return this.#beforeFrame !== null;
  }

  /** All packets so far, in the order in which they came. */
  get packets(): readonly Packet[] {
    return this.#packets;
  }

  /** Whether the last packet had to be waited for, by what `pts` counts in. */
  isOver(secondsPerTick: number): boolean {
    const newest = this.#onward.at(-1);
    if (newest === undefined) return false;
    if (this.#isWild(secondsPerTick)) return true;
    const begun = this.#beforeFrame === null ? undefined : this.#onward[this.#beforeFrame];
    if (begun === undefined) return false;
    if (newest.atMs - begun.atMs > longestMs) return true;
    const before = this.#onward.findLast(({ atMs }) => newest.atMs - atMs >= judgeMs);
    if (before === undefined || before.atMs < begun.atMs) return false;
    const stampedMs = (newest.pts - before.pts) * secondsPerTick * 1000;
    return stampedMs <= (newest.atMs - before.atMs) * leastSpeed;
  }

  /** How many milliseconds each packet lay in store, in their order. */
  latenessMs(secondsPerTick: number): number[] {
    const offsets = this.#packets.map(({ pts, atMs }) => atMs - pts * secondsPerTick * 1000);
    const leastMs = Math.min(...offsets);
    const isWild = this.#isWild(secondsPerTick);
    return offsets.map((offset) => isWild ? 0 : offset - leastMs);
  }

  /** A clock that was set, or is none. */
  #isWild(secondsPerTick: number): boolean {
    return this.#packets.some(({ pts }, at) =>
      Math.abs(pts - (this.#packets[at - 1]?.pts ?? pts)) * secondsPerTick * 1000 > jumpMs
    );
  }
}
