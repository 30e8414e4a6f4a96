/** One ffmpeg that packs packets anew for a place, from a key frame on. */

import type { CameraPacket, CodecParameters, Display } from "../frame/camera_packet.ts";
import { PacketFeed } from "../frame/packet_feed.ts";
import { fromPackets } from "../media/ffmpeg_args.ts";
import { FfmpegProcess } from "../source/ffmpeg_process.ts";
import type { OutputOptions } from "./drawn_video.ts";

/** What its process needs. */
type ProcessContext = Pick<OutputOptions, "guard" | "memoryMb">;

/** Bytes that wait for a place that takes less than comes: some seconds of video. */
const longestQueue = 8 * 1024 * 1024;
/** A place that takes nothing for so long is given up, and reached anew. */
export const frozenMs = 10_000;
/** Letters of what ffmpeg says. */
const longestReason = 300;

/** Packets that come before its ffmpeg is there wait. */
export class TakerRun {
  readonly startMs: number;
  readonly #startedAtMs = performance.now();
  /** Whether there is an ffmpeg is known now. */
  readonly #begun = Promise.withResolvers<void>();
  readonly #live = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<string>();
  #process: FfmpegProcess | null = null;
  #feed: PacketFeed | null = null;
  #early: CameraPacket[] | null = [];
  #complaint = "";
  #isFrozen = false;
  #isGivenUp = false;
  /** Whether a picture came that is shown after the first. */
  #isBeyondFirst = false;
  bytes = 0;
  /** How its pictures are to be shown. */
  display: Display | null = null;
  isLive = false;
  /** It was told of no sound. */
  isSilent = false;
  /** ffmpeg has complained, and ended so. */
  hasFailed = false;
  /** Resolves when what ffmpeg left behind is in order. */
  tidied: Promise<void> = Promise.resolve();

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  /** Resolves when ffmpeg has reached the place and begins to write. */
  get live(): Promise<void> {
    return this.#live.promise;
  }

  /** Resolves when ffmpeg has ended, to the reason. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  get ageMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  /** Pictures that came and were not handed on, once it has ended. */
  get lost(): number {
    return this.#feed?.lost ?? this.#early?.length ?? 0;
  }

  get blockedMs(): number {
    return this.#feed?.blockedMs ?? 0;
  }

  start(
    args: readonly string[],
    parameters: CodecParameters,
    { guard, memoryMb }: ProcessContext,
  ): void {
    const process = this.#process = new FfmpegProcess({
      args: [...fromCamera, ...args],
      guard,
      memoryMb: memoryMb ?? null,
      stdin: "piped",
      stdout: "null",
      listener: { onLine: (line) => this.#onLine(line) },
    });
    this.isSilent = parameters.audio === null;
    this.#feed = new PacketFeed(process.stdin, parameters, longestQueue);
    for (const packet of this.#early ?? []) this.#feed.write(packet);
    this.#early = null;
    this.#begun.resolve();
    process.ended.then(({ code }) => {
      this.#feed?.close();
      // ffmpeg 5.1 takes a disk that is full at the end for no failure.
      const isCutOff = code !== 0 || this.#complaint.startsWith("Error closing file");
      this.hasFailed = isCutOff && !this.#isFrozen;
      const silent = `ffmpeg ended with exit code ${code}`;
      this.#ended.resolve(
        this.#isFrozen ? `it took nothing for ${frozenMs / 1000} s` : this.#complaint || silent,
      );
    });
  }

  /** There will be no ffmpeg. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#begun.resolve();
  }

  /**
   * Whether it is to be shown before the first picture: sound would move the clock of the file, and
   * pictures of an open group need what was before, and are not shown.
   */
  leads({ kind, ptsMs }: CameraPacket): boolean {
    if (kind === "video" && ptsMs > this.startMs) this.#isBeyondFirst = true;
    return ptsMs < this.startMs && !(kind === "video" && this.#isBeyondFirst);
  }

  write(packet: CameraPacket): boolean {
    this.bytes += packet.data.length;
    // Times of NUT are not below zero by much, those of a camera that was set back are.
    const shifted = { ...packet, ptsMs: packet.ptsMs - this.startMs };
    if (this.#early === null) return this.#feed?.write(shifted) ?? false;
    if (this.#isGivenUp) return false;
    this.#early.push(shifted);
    return true;
  }

  kill(): void {
    this.#isFrozen = true;
    void this.#process?.stop();
  }

  /** Resolves when its end is written, as far as the signal leaves time for it. */
  async finish(hurry: AbortSignal): Promise<void> {
    await this.#begun.promise;
    const process = this.#process;
    if (process === null) return;
    this.#feed?.finish();
    const stop = () => void process.stop();
    const timer = setTimeout(stop, frozenMs);
    if (hurry.aborted) stop();
    hurry.addEventListener("abort", stop);
    await process.ended;
    hurry.removeEventListener("abort", stop);
    clearTimeout(timer);
    await this.tidied;
  }

  #onLine(line: string): void {
    // It says so when the head of the output is written.
    if (/^\[info\] Output #0/.test(line)) {
      this.isLive = true;
      this.#complaint = "";
      this.#live.resolve();
    } else if (/\[(error|fatal|panic)\]/.test(line)) {
      // The first is the cause, what follows its consequences.
      this.#complaint ||= line.replace(/^(\[[^\]]*\] )+/, "").trim().slice(0, longestReason);
    }
  }
}

/** Packets on stdin, which are packed as they are. */
const fromCamera = [
  ...["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info", "-threads", "1"],
  ...[...fromPackets, "-map", "0", "-c", "copy", "-avoid_negative_ts", "make_zero"],
  // Sound that comes no more holds pictures up for a second, not for ten.
  ...["-max_interleave_delta", "1000000", "-flush_packets", "1", "-y"],
];
