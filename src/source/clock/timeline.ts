/** Joins packets (when they came) with frames (their time stamps): both clocks of each frame. */

import type { FrameInfo, Region } from "../../frame/frame.ts";
import { wholePicture } from "../../frame/frame.ts";
import { Channel } from "../../frame/channel.ts";
import { CaptureClock } from "./capture_clock.ts";
import { SegmentPace } from "./segment_pace.ts";
import { edgeMs, StartBurst } from "./start_burst.ts";

/** What is known of a frame beside its pixels: both its clocks, and where the picture lies within. */
export interface FrameStamp extends Pick<FrameInfo, "ptsMs" | "capturedAtMs" | "contentRect"> {
  /** It was in store before the source was read, and is not to be shown. */
  readonly stale?: true;
}

/** A frame that is on its way. */
interface Coming {
  readonly pts: number | null;
  readonly nowMs: number;
  readonly contentRect: Region;
}

/** Packets remembered at most: more than any decoder holds back. */
const longestMemory = 512;

/** A step back by less is a camera's jitter; by more, its clock was set. */
const jitterMs = 500;

/**
 * What ffmpeg counts in where a camera stamps nothing (HTTP MJPEG, bare H.264): its guess of the frame
 * rate, and the tick in which it counts elementary streams.
 */
const guessedTicks = [1 / 25, 1 / 1_200_000];

/** The wall clock was set back when it is off from the monotonic one by more. */
const setBackMs = 100;

/**
 * Puts together what ffmpeg says of packets (when they came) and of frames (which packet they were),
 * and hands out the stamps of frames in the order in which they leave the process.
 */
export class Timeline {
  readonly #captureClock = new CaptureClock();
  readonly #arrivals = new Map<number, number>();
  readonly #stamps = new Channel<FrameStamp>();
  #secondsPerTick: number | null = null;
  /** The camera stamps nothing, and `pts` says nothing of when a packet came. */
  #guessed = false;
  #pace: SegmentPace | null = null;
  /** What came until the source had to be waited for; null from there on. */
  #burst: StartBurst | null;
  /** Frames of it. */
  readonly #early: Coming[] = [];
  readonly #settled = Promise.withResolvers<void>();
  #edge: ReturnType<typeof setTimeout> | undefined;
  /** Frames that are left out, from the first on. */
  #leftOut = 0;
  #contentRect = wholePicture;
  #last: FrameStamp | null = null;
  /** The wall clock less the monotonic one. */
  #wallMs = -Infinity;
  /** No frame was captured before. */
  #earliestMs = -Infinity;

  /** `burst`: the source may have something in store, which comes at once at the start. */
  constructor({ burst = false }: { readonly burst?: boolean } = {}) {
    this.#burst = burst ? new StartBurst() : null;
    if (!burst) this.#settled.resolve();
  }

  /** What `pts` counts in, from here on. */
  setClock(secondsPerTick: number): void {
    this.#secondsPerTick = secondsPerTick;
    this.#guessed = guessedTicks.includes(secondsPerTick);
    if (this.#guessed || this.#burst?.isOver(secondsPerTick)) this.#settle();
  }

  /** The source comes in segments of some seconds. */
  setSegments(): void {
    this.#pace ??= new SegmentPace();
    this.#settle();
  }

  /** Whether frames go out as they come: what was in store at the start has all been read. */
  get isSettled(): boolean {
    return this.#burst === null;
  }

  /** Resolves once it is. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** One more frame from the first on will not be shown. */
  leaveOut(): void {
    this.#leftOut++;
  }

  /** When frames go out, where the source comes in segments. */
  get pace(): SegmentPace | null {
    return this.#pace;
  }

  /** Where the camera's picture lies in the frame, from here on. */
  setContentRect(contentRect: Region): void {
    this.#contentRect = contentRect;
  }

  /**
   * A packet has come. One that was kept somewhere on its way, as while we or ffmpeg were stopped,
   * is as old as the stream's clock says. `uptimeMs` is a monotonic clock.
   */
  packet(pts: number | null, nowMs: number, uptimeMs: number): void {
    this.#followWall(nowMs - uptimeMs);
    if (pts === null) return;
    const lateMs = this.#secondsPerTick === null || this.#guessed || this.#burst !== null
      ? 0
      : (this.#pace ?? this.#captureClock).latenessMs(pts * this.#secondsPerTick * 1000, uptimeMs);
    this.#remember(pts, nowMs - lateMs);
    const burst = this.#burst;
    if (burst === null) return;
    burst.packet(pts, uptimeMs);
    clearTimeout(this.#edge);
    const isOver = this.#secondsPerTick !== null && burst.isOver(this.#secondsPerTick);
    if (isOver || burst.packets.length === longestMemory) this.#settle();
    else if (burst.hasFrames) this.#awaitEdge();
  }

  #awaitEdge(): void {
    this.#edge = setTimeout(() => this.#settle(), edgeMs);
  }

  /** What was in store is known: its frames go out, and each is as old as it is. */
  #settle(): void {
    const burst = this.#burst;
    if (burst === null) return;
    this.#burst = null;
    clearTimeout(this.#edge);
    const secondsPerTick = this.#secondsPerTick;
    if (secondsPerTick !== null && !this.#guessed && this.#pace === null) {
      const lateness = new Map<number, number>();
      for (const [at, lateMs] of burst.latenessMs(secondsPerTick).entries()) {
        const { pts, atMs } = burst.packets[at]!;
        this.#captureClock.latenessMs(pts * secondsPerTick * 1000, atMs);
        lateness.set(pts, lateMs);
      }
      for (const [pts, arrivedAtMs] of this.#arrivals) {
        this.#arrivals.set(pts, arrivedAtMs - (lateness.get(pts) ?? 0));
      }
    }
    for (const { pts, nowMs, contentRect } of this.#early.splice(0)) {
      this.#stamp(pts, nowMs, contentRect);
    }
    this.#settled.resolve();
  }

  #remember(pts: number, arrivedAtMs: number): void {
    this.#arrivals.delete(pts);
    this.#arrivals.set(pts, arrivedAtMs);
    if (this.#arrivals.size <= longestMemory) return;
    for (const oldest of this.#arrivals.keys()) {
      this.#arrivals.delete(oldest);
      break;
    }
  }

  /** A frame is on its way. */
  frame(pts: number | null, nowMs: number): void {
    if (this.#burst === null) this.#stamp(pts, nowMs, this.#contentRect);
    else {
      if (!this.#burst.hasFrames) this.#awaitEdge();
      this.#burst.frame();
      this.#early.push({ pts, nowMs, contentRect: this.#contentRect });
    }
  }

  #stamp(pts: number | null, nowMs: number, contentRect: Region): void {
    // A frame whose packet had no time is taken to have come just now.
    const arrivedAtMs = (pts === null ? undefined : this.#arrivals.get(pts)) ?? nowMs;
    const isOld = pts !== null && this.#pace?.isStale(pts * (this.#secondsPerTick ?? 0) * 1000);
    if (isOld || this.#leftOut > 0) {
      if (!isOld) this.#leftOut--;
      return this.#stamps.send({ ptsMs: 0, capturedAtMs: arrivedAtMs, contentRect, stale: true });
    }
    // Of pictures that come in another order than they are shown in, a later one may come first.
    const capturedAtMs = this.#earliestMs = Math.max(arrivedAtMs, this.#earliestMs);
    const ptsMs = this.#ptsMs(pts, capturedAtMs);
    this.#stamps.send(this.#last = { ptsMs, capturedAtMs, contentRect });
  }

  /** Lets times of capture go back when the machine's own clock does, else they would lie ahead of it. */
  #followWall(wallMs: number): void {
    const setMs = wallMs - this.#wallMs;
    if (setMs < -setBackMs) {
      this.#earliestMs = -Infinity;
      for (const [pts, arrivedAtMs] of this.#arrivals) this.#arrivals.set(pts, arrivedAtMs + setMs);
    }
    this.#wallMs = wallMs;
  }

  /** Times increase, though a camera's first stamps, guessed by ffmpeg, may be equal or swapped. */
  #ptsMs(pts: number | null, capturedAtMs: number): number {
    const last = this.#last;
    if (pts === null || this.#secondsPerTick === null) {
      return last === null ? 0 : last.ptsMs + Math.max(1, capturedAtMs - last.capturedAtMs);
    }
    return rising(pts * this.#secondsPerTick * 1000, last?.ptsMs ?? -Infinity);
  }

  /** Whether {@link next} waits for a stamp. */
  get isAwaited(): boolean {
    return this.#stamps.isAwaited;
  }

  /** Whether the stamp of the next frame is there. */
  get isReady(): boolean {
    return this.#stamps.size > 0;
  }

  /** Stamp of the next frame; null when the process ended without telling. One caller at a time. */
  next(): FrameStamp | null | Promise<FrameStamp | null> {
    return this.#stamps.receive();
  }

  /** No more stamps come. */
  end(): void {
    this.#settle();
    this.#stamps.close();
  }
}

/** The time of a frame after one of `lastMs`: stamps that are not exact must not turn them around. */
export function rising(ptsMs: number, lastMs: number): number {
  return ptsMs <= lastMs && lastMs - ptsMs < jitterMs ? lastMs + 1 : ptsMs;
}
