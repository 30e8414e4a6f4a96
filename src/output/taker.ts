/** One place where a camera's video goes: an ffmpeg that packs packets anew, and is started again. */

import { backoffMs } from "../backoff.ts";
import type { Analysis } from "../frame/analysis.ts";
import type { CameraPacket, CodecParameters, Display } from "../frame/camera_packet.ts";
import { PacketFeed } from "../frame/packet_feed.ts";
import { describeError } from "../log/describe_error.ts";
import { maskSecrets } from "../log/mask.ts";
import { fromPackets } from "../media/ffmpeg_args.ts";
import { OngoingError } from "../log/ongoing_error.ts";
import { FfmpegProcess } from "../source/ffmpeg_process.ts";
import { BoxTracks } from "./box_tracks.ts";
import type { OutputOptions } from "./drawn_video.ts";
import type { OutputKind } from "./output_kind.ts";
import { kindOfOutput, type OutputConfig } from "./settings.ts";

/** Pictures by what became of them: `accepted = written + away + slow`. */
export interface TakerCounts {
  readonly accepted: number;
  /** Handed to ffmpeg. */
  readonly written: number;
  /** The place could not be reached, or a key frame was awaited to begin with. */
  readonly away: number;
  /** It took less than came: left out up to the next key frame. */
  readonly slow: number;
}

/** What a place needs of its camera. */
type Context = Pick<OutputOptions, "camera" | "guard" | "isPaced" | "logger" | "memoryMb">;

/** Bytes that wait for a place that takes less than comes: some seconds of video. */
const longestQueue = 8 * 1024 * 1024;
/** A place that takes nothing for so long is given up, and reached anew. */
const frozenMs = 10_000;
const checkMs = 1000;
/** A run that lasted so long was no failure to reach the place. */
const steadyMs = 10_000;
/** So long ffmpeg may take to write an end where a camera is left, and a stop waits for it. */
const endingMs = 1500;

/** Never waits, and never makes others wait: a place that is away or slow costs its own pictures. */
export class Taker implements AsyncDisposable {
  readonly description: string;
  readonly #config: OutputConfig;
  readonly #context: Context;
  readonly #kind: OutputKind;
  readonly #away = new OngoingError();
  readonly #ending = new Set<Promise<void>>();
  /** Aborted when ends are awaited no longer. */
  readonly #hurry = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  /** Null where what was found is not wanted. */
  readonly #boxes: BoxTracks | null;
  #parameters: CodecParameters | null = null;
  #display: Display | null = null;
  #run: Run | null = null;
  #opening: Promise<void> | null = null;
  #notBeforeMs = 0;
  #failures = 0;
  #isClosed = false;
  #isToldLive = false;
  #counts = { accepted: 0, written: 0, away: 0, slow: 0 };

  constructor(config: OutputConfig, context: Context) {
    this.#config = config;
    this.#context = context;
    this.#kind = kindOfOutput(config);
    this.description = this.#kind.describe(config);
    this.#timer = setInterval(() => this.#check(), checkMs);
    this.#boxes = this.#kind.wantsBoxesBeside?.(config)
      ? new BoxTracks((error) => this.#tellBoxes(error))
      : null;
  }

  /** Figures as they stand. */
  counts(): TakerCounts {
    return { ...this.#counts };
  }

  /** Whether it is being written to. */
  get isLive(): boolean {
    return this.#run?.isLive ?? false;
  }

  /** Another run of the camera begins, with a clock of its own. */
  begin(): void {
    this.#parameters = null;
    this.#finish();
    void this.#boxes?.finish();
    this.#display = null;
  }

  /** How pictures are to be shown, where their packets do not say. */
  show(display: Display): void {
    this.#display = display;
    if (this.#run !== null) this.#run.display = display;
  }

  describe(parameters: CodecParameters): void {
    const before = this.#parameters;
    this.#parameters = parameters;
    const isOther = before !== null &&
      (before.video.codec !== parameters.video.codec ||
        before.video.width !== parameters.video.width ||
        before.video.height !== parameters.video.height);
    if (isOther) this.#finish();
  }

  write(packet: CameraPacket): void {
    const isPicture = packet.kind === "video";
    if (isPicture) this.#counts.accepted++;
    if (isPicture && packet.keyframe && this.#isDue(packet)) this.#finish();
    if (this.#run === null && isPicture && packet.keyframe) this.#open(packet);
    if (isPicture) this.#boxes?.wrote(packet.ptsMs);
    if (this.#run === null) {
      if (isPicture) this.#counts.away++;
      return;
    }
    if (this.#run.leads(packet)) {
      if (isPicture) this.#counts.away++;
      return;
    }
    const isTaken = this.#run.write(packet);
    if (isPicture) this.#counts[isTaken ? "written" : "slow"]++;
  }

  /** Takes the result of a picture that it was given, or will be. */
  annotate(stream: string, ptsMs: number, analysis: Analysis): void {
    this.#boxes?.annotate(stream, ptsMs, analysis);
  }

  /** What it was given is written to its end, as far as that takes no longer than a moment. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#opening;
    this.#finish();
    const patienceMs = this.#context.isPaced ? frozenMs : endingMs;
    const timer = setTimeout(() => this.#hurry.abort(), patienceMs);
    await Promise.all([...this.#ending, this.#boxes?.finish()]);
    clearTimeout(timer);
  }

  /** Whether a file is long enough. */
  #isDue(packet: CameraPacket): boolean {
    const rotation = this.#kind.rotation?.(this.#config);
    if (rotation === undefined || this.#run === null) return false;
    const { startMs, bytes } = this.#run;
    return packet.ptsMs - startMs >= rotation.seconds * 1000 ||
      bytes + packet.data.length > rotation.bytes;
  }

  #open(first: CameraPacket): void {
    const parameters = this.#parameters;
    if (parameters === null || this.#isClosed) return;
    if (performance.now() < this.#notBeforeMs) return;
    const { camera, logger } = this.#context;
    const context = { camera, parameters, capturedAt: new Date(first.capturedAtMs) };
    const run = this.#run = new Run(first.ptsMs);
    run.display = this.#display;
    const prepared = Promise.try(() => this.#kind.prepare(this.#config, context));
    const pathOf = (args: readonly string[]) => this.#kind.boxesBeside?.(args) ?? null;
    this.#boxes?.open(first.ptsMs, prepared.then(pathOf, () => null));
    this.#opening = prepared.then((args) => {
      run.start(args, parameters, this.#context);
      run.tidied = run.ended.then(async (reason) => {
        this.#over(run, reason);
        await this.#kind.ended?.(args, run.display);
      }).catch((error) => logger.debug("Cannot tidy up: {error}", { error }));
      run.live.then(() => this.#reached(run));
    }).catch((error) => {
      run.giveUp();
      this.#over(run, describeError(error));
    });
  }

  #tellBoxes(error: unknown): void {
    this.#context.logger.warn(
      "Output {output}: what was found is not written beside it: {error}",
      { output: this.description, error },
    );
  }

  #finish(): void {
    const run = this.#run;
    this.#run = null;
    if (run === null) return;
    const ending = run.finish(this.#hurry.signal).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** It ended, and was not asked to. */
  #over(run: Run, reason: string): void {
    const { lost } = run;
    this.#counts.written -= lost;
    this.#counts.away += lost;
    if (this.#run !== run) {
      // It was to write to its end, and could not.
      if (run.hasFailed) this.#tellAway(reason, null);
      return;
    }
    this.#run = null;
    void this.#boxes?.finish();
    this.#failures = run.ageMs >= steadyMs ? 1 : this.#failures + 1;
    const waitMs = backoffMs(this.#failures);
    this.#notBeforeMs = performance.now() + waitMs;
    if (this.#away.occurred() !== null) this.#tellAway(reason, waitMs);
  }

  #tellAway(reason: string, waitMs: number | null): void {
    const config = this.#config;
    const place = this.#kind.place?.(config, this.#context.camera) ?? "";
    const next = waitMs === null || this.#isClosed
      ? ""
      : `; attempt ${this.#failures}, the next one in ${(waitMs / 1000).toFixed(1)} s`;
    this.#context.logger.warn("Output {output} is away: {reason}{next}", {
      output: this.description,
      reason: "url" in config
        ? maskSecrets(reason.replaceAll(place, this.description), place)
        : reason,
      next,
    });
  }

  #reached(run: Run): void {
    if (this.#run !== run) return;
    const span = this.#away.end();
    if (span !== null) {
      this.#context.logger.info("Output {output} is back after {seconds} s", {
        output: this.description,
        seconds: span.seconds.toFixed(0),
      });
    } else if (!this.#isToldLive) {
      this.#context.logger.info("Output {output} is live", { output: this.description });
    }
    this.#isToldLive = true;
    this.#failures = 0;
  }

  #check(): void {
    if (this.#run !== null && this.#run.blockedMs > frozenMs) this.#run.kill();
  }
}

/** Letters of what ffmpeg says. */
const longestReason = 300;

/** One ffmpeg. Packets that come before it is there wait. */
class Run {
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
    { guard, memoryMb }: Context,
  ): void {
    const process = this.#process = new FfmpegProcess({
      args: [...fromCamera, ...args],
      guard,
      memoryMb: memoryMb ?? null,
      stdin: "piped",
      stdout: "null",
      listener: { onLine: (line) => this.#onLine(line) },
    });
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
    if (this.#early === null) return this.#feed?.write(packet) ?? false;
    if (this.#isGivenUp) return false;
    this.#early.push(packet);
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
  ...["-flush_packets", "1", "-y"],
];
