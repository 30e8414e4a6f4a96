/** The last seconds of a camera's packets, by groups of pictures. */

import type { CameraPacket, CodecParameters } from "../frame/camera_packet.ts";

/** Packets from one key frame to the next; the last group of a ring still grows. */
export interface PictureGroup {
  /** Counts the runs of the camera: groups of different runs do not belong together. */
  readonly run: number;
  /** How its packets are encoded. */
  readonly parameters: CodecParameters;
  /** `ptsMs` of its key frame. */
  readonly startMs: number;
  /** On a monotonic clock. */
  readonly arrivedAtMs: number;
  /** In the order of decoding; the sound of their time among them. */
  readonly packets: readonly CameraPacket[];
  readonly bytes: number;
}

/** How much a ring keeps. */
export interface RingLimits {
  readonly seconds: number;
  readonly bytes: number;
}

interface GrowingGroup extends PictureGroup {
  readonly packets: CameraPacket[];
  bytes: number;
}

/**
 * Keeps whole groups: as many as it takes to reach back so many seconds, and no more bytes than
 * allowed. A single group that outgrows the bytes is let go, as decoding could not begin in it.
 */
export class PacketRing {
  readonly #limits: () => RingLimits;
  readonly #onLeave: (group: PictureGroup) => void;
  #groups: GrowingGroup[] = [];
  #bytes = 0;
  #run = 0;
  #parameters: CodecParameters | null = null;
  #newestMs = -Infinity;
  #isOver = false;
  readonly #waiters = new Set<{ readonly ptsMs: number; resolve(): void }>();

  /** `onLeave` is called for each whole group that is let go, with its packets for the last time. */
  constructor(limits: () => RingLimits, onLeave: (group: PictureGroup) => void) {
    this.#limits = limits;
    this.#onLeave = onLeave;
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts the runs of the camera, from 1. */
  get run(): number {
    return this.#run;
  }

  /** For how long the oldest packets have been here, in milliseconds. */
  reachMs(nowMs = performance.now()): number {
    return nowMs - (this.#groups[0]?.arrivedAtMs ?? nowMs);
  }

  /** From the oldest to the newest. */
  get groups(): readonly PictureGroup[] {
    return this.#groups;
  }

  /** `ptsMs` of the newest picture that has begun to come; -Infinity before the first of this run. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** Another run of the camera begins, whose clock begins anew and whose codec may be another. */
  begin(): void {
    for (const group of this.#groups.splice(0)) this.#leave(group);
    this.#run++;
    this.#parameters = null;
    this.#newestMs = -Infinity;
    this.#tell(Infinity);
  }

  /** How packets are encoded from here on. */
  describe(parameters: CodecParameters): void {
    this.#parameters = parameters;
  }

  /** Nothing more will come. */
  end(): void {
    this.#isOver = true;
    this.#tell(Infinity);
  }

  push(packet: CameraPacket, nowMs = performance.now()): void {
    const { kind, data, ptsMs, keyframe } = packet;
    if (kind === "video" && keyframe && this.#parameters !== null) {
      this.#groups.push({
        run: this.#run,
        parameters: this.#parameters,
        startMs: ptsMs,
        arrivedAtMs: nowMs,
        packets: [],
        bytes: 0,
      });
    }
    // Sound goes with the pictures of its time, whenever it comes.
    const group = kind === "video"
      ? this.#groups.at(-1)
      : this.#groups.findLast(({ startMs }) => startMs <= ptsMs);
    if (group === undefined) return;
    group.packets.push(packet);
    group.bytes += data.length;
    this.#bytes += data.length;
    if (kind === "video") {
      this.#newestMs = Math.max(this.#newestMs, ptsMs);
      this.#tell(this.#newestMs);
    }
    this.#shrink(nowMs);
  }

  /** The group that holds a picture, and what follows it; empty when it is not here any more. */
  from(ptsMs: number): readonly PictureGroup[] {
    const at = this.#groups.findLastIndex(({ startMs }) => startMs <= ptsMs + toleranceMs);
    return at < 0 ? [] : this.#groups.slice(at);
  }

  /**
   * Resolves when a later picture has begun, so that this one is here as a whole; when the run ends;
   * or after `mostMs`.
   */
  async after(
    ptsMs: number,
    { mostMs = longestTimerMs, signal }: {
      readonly mostMs?: number;
      readonly signal?: AbortSignal;
    },
  ): Promise<void> {
    if (this.#isOver || isLater(this.#newestMs, ptsMs)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { ptsMs, resolve };
    this.#waiters.add(waiter);
    const timer = setTimeout(resolve, mostMs);
    const giveUp = () => resolve();
    signal?.addEventListener("abort", giveUp);
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
    this.#waiters.delete(waiter);
  }

  #tell(newestMs: number): void {
    for (const { ptsMs, resolve } of this.#waiters) {
      if (isLater(newestMs, ptsMs)) resolve();
    }
  }

  #shrink(nowMs: number): void {
    const { seconds, bytes } = this.#limits();
    const isSpare = () => {
      return this.#bytes > bytes ||
        nowMs - (this.#groups[1]?.arrivedAtMs ?? Infinity) >= seconds * 1000;
    };
    while (isSpare()) this.#leave(this.#groups.shift()!);
  }

  #leave(group: GrowingGroup): void {
    this.#bytes -= group.bytes;
    this.#onLeave(group);
  }
}

/** Time stamps were rounded in other ways. */
const toleranceMs = 0.5;

/** Milliseconds; a timer takes no more. */
const longestTimerMs = 2 ** 31 - 1;

function isLater(newestMs: number, ptsMs: number): boolean {
  return newestMs > ptsMs + toleranceMs;
}
