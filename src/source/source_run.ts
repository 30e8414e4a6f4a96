/** One run of ffmpeg: parses its lines, watches for stalls, and hands out the frames of its branches. */

import type { Logger } from "@logtape/logtape";
import { maskSecrets } from "../log/mask.ts";
import { Branch, type BranchRequest } from "./branch.ts";
import { cropPlace } from "./picture/crop.ts";
import { DisplayNotes } from "./lines/display_notes.ts";
import { ffmpegArgs, inputArgs, isLive } from "./ffmpeg_args.ts";
import { probeMirror } from "./mirror_probe.ts";
import { parseFfmpegLine } from "./lines/ffmpeg_line.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import { HardwareReport } from "./lines/hardware.ts";
import { pollIntervalMs, pollsOfARun } from "./relay/input_list.ts";
import { ListenProbe } from "./listen_probe.ts";
import { FrameCadence } from "./clock/frame_cadence.ts";
import { type FfmpegMessage, isOutOfMemory } from "./lines/reason.ts";
import type { RunChannels, RunSetup } from "./run_channels.ts";
import { memoryLimitMb, watchFfmpeg } from "./memory_limit.ts";
import { type LineListener, parseFfmpegBytes } from "./lines/ffmpeg_line_bytes.ts";
import type { SourceFrame } from "./source.ts";
import { type Medium, type RunStory, verdict } from "./lines/verdict.ts";
import { Watchdog } from "./watchdog.ts";

/** Messages kept for the error at the end: what went wrong stands among the last. */
const messagesKept = 64;

/** A camera describes two or three; a hostile one as many as it likes. */
const mostMedia = 16;

/** Stall timeouts without a key frame, packets coming all the while, that are no stall yet. */
const keyframePatience = 10;

/** One ffmpeg and its frames, for one use case or several. */
export class SourceRun implements AsyncDisposable {
  readonly #setup: RunSetup;
  readonly #channels: RunChannels;
  readonly #logger: Logger;
  readonly #signal: AbortSignal;
  readonly #process: FfmpegProcess;
  readonly #branches: readonly Branch[];
  readonly #live: boolean;
  readonly #cadence: FrameCadence;
  /** Awaits the next frame. */
  readonly #watchdog: Watchdog;
  /** Awaits the next packet, where frames come too seldom to show a stall. */
  readonly #packetWatchdog: Watchdog | null;
  readonly #listenProbe: ListenProbe | null;
  readonly #messages: FfmpegMessage[] = [];
  readonly #display = new DisplayNotes((display) => this.#channels.tap?.show(display));
  /** Asks how pictures are turned; null = nothing has to be asked. */
  #mirror: Promise<void> | null = null;
  /** The limit that was passed without a sign of life. */
  #stalledMs: number | null = null;
  /** Null where the kernel bounds it. */
  readonly #memory: Disposable | null = null;
  #outOfMemory = false;
  #reached: RunStory["reached"] = "nothing";
  readonly #media: Medium[] = [];
  readonly #hardware: HardwareReport;
  /** Time of the last packet, to tell whether packets come in the order of their pictures. */
  #packetPts = -Infinity;
  #warnedOfOrder = false;
  /** Frames of all branches. */
  #frames = 0;
  #packets = 0;
  #isPicture = false;
  #hasEnded = false;
  #lacksSize = false;
  /** Branches whose frame is still in use; ffmpeg may have to wait meanwhile. */
  readonly #busy = new Set<Branch>();
  /** Time of the frame whose branch is in the next line. */
  #pts: number | null = null;

  /**
   * For at least one branch, with a socket for the frames of each among the channels.
   * @throws {SourceError} `ffmpeg_missing`
   */
  constructor(
    setup: RunSetup,
    branches: readonly BranchRequest[],
    channels: RunChannels,
    signal: AbortSignal,
  ) {
    const { address, config, polled, sizeProbe, guard, logger } = this.#setup = setup;
    this.#channels = channels;
    this.#logger = logger;
    this.#signal = signal;
    this.#hardware = new HardwareReport(config.hwaccel, logger);
    const { stallTimeoutMs, decode } = config;
    const seldom = decode === "keyframes";
    const pollMs = polled ? pollIntervalMs(config) : 0;
    const limitMs = pollMs + stallTimeoutMs * (seldom ? keyframePatience : 1);
    this.#watchdog = new Watchdog(limitMs, () => this.#stall(limitMs));
    this.#live = isLive(address, config);
    this.#packetWatchdog = seldom && this.#live
      ? new Watchdog(stallTimeoutMs, () => this.#stall(stallTimeoutMs))
      : null;
    const { frames, lines, motion, pictures, tap } = channels;
    this.#branches = branches.map((branch, index) =>
      new Branch({
        ...branch,
        live: this.#live,
        burst: address.kind !== "file" && address.kind !== "device" && !polled,
        socket: frames[index] ?? null,
        motion: config.motion,
        onStale: () => this.#watchdog.feed(),
        drainPending: (enough) => lines?.drainPending(enough),
      })
    );
    motion?.serve((picture) => {
      for (const branch of this.#branches) branch.motionPicture(picture);
    });
    pictures?.serve((enough) => lines?.drainPending(enough));
    if (config.tls.insecure) {
      logger.warn("The camera's certificate is not looked at (--stream_tls_insecure)");
    }
    const args = ffmpegArgs({
      address,
      through: channels.relay?.url,
      inputList: channels.inputList,
      config,
      branches: branches.map(({ format }, index) => ({
        format,
        socket: frames[index]?.path ?? null,
      })),
      motionSocket: motion?.path,
      fullPictures: branches.find(({ full }) => full)?.full?.pattern,
      pictures,
      tapSocket: tap?.path ?? null,
      pace: channels.pace,
      sizeProbe,
    });
    const memoryMb = memoryLimitMb(address, config);
    const isWatched = config.hwaccel !== null;
    logger.debug("ffmpeg {args}", { args: this.#mask(args.join(" ")) });
    this.#cadence = new FrameCadence(this.#live);
    this.#process = new FfmpegProcess({
      args,
      guard,
      stdout: frames[0] ? "null" : "piped",
      listener: {
        onLine: (line) => this.#onLine(line),
        onLineBytes: (bytes, start, end) => parseFfmpegBytes(bytes, start, end, this.#steps),
        canDefer: () => this.#canDefer(),
      },
      lines,
      memoryMb: isWatched ? null : memoryMb,
      env: channels.relay?.env ?? {},
    });
    if (isWatched) {
      this.#memory = watchFfmpeg(this.#process.pid, memoryMb, logger, (text) => {
        this.#messages.push({ level: "error", text });
        this.#stopForMemory();
      });
    }
    this.#process.ended.then(() => this.#end());
    signal.addEventListener("abort", this.#stop);
    // Waiting for a camera that pushes may take for ever; the first sign of it wakes the watchdog.
    this.#listenProbe = config.rtspListen && address.kind !== "srt"
      ? new ListenProbe(address, stallTimeoutMs, () => this.#feed())
      : null;
    if (!config.rtspListen) this.#feed();
  }

  /**
   * The next frame of a branch; null when the source has ended. Every branch must be read: one that
   * is not makes ffmpeg wait, and all the others with it.
   * @throws {SourceError}
   */
  async next(index = 0): Promise<SourceFrame | null> {
    const branch = this.#branches[index]!;
    if (this.#busy.delete(branch) && this.#busy.size === 0) this.#watchdog.feed();
    const stdout = this.#channels.frames[index] ? null : this.#process.stdout;
    let frame: SourceFrame | null = null;
    try {
      frame = await branch.next(stdout);
    } catch (error) {
      // Else the run was ended, and its connections closed, while this one was awaited.
      if (!this.#signal.aborted) {
        // It has no reader any more, and ffmpeg should know.
        await branch[Symbol.asyncDispose]().catch(() => {});
        throw error;
      }
    }
    if (frame === null) return this.#finish();
    this.#frames++;
    this.#busy.add(branch);
    this.#watchdog.rest();
    return frame;
  }

  /**
   * Whether it ended well although its source goes on: the address answers with one picture, and is
   * to be asked for the next.
   */
  get isPicture(): boolean {
    return this.#isPicture;
  }

  /** Whether nothing but the size of pictures is missing: another run finds that out first. */
  get lacksSize(): boolean {
    return this.#lacksSize;
  }

  async #finish(): Promise<null> {
    const status = await this.#process.finish();
    if (this.#signal.aborted) return null;
    this.#lacksSize = this.#channels.tap !== null &&
      this.#messages.some(({ text }) => text.includes("dimensions not set"));
    if (this.#lacksSize) return null;
    const { address, polled } = this.#setup;
    this.#isPicture = address.kind === "http" && status.code === 0 && this.#frames > 0 &&
      this.#packets === (polled ? pollsOfARun : 1);
    if (this.#isPicture) return null;
    const error = this.#channels.relay?.failure ?? verdict({
      ...this.#setup,
      messages: this.#messages,
      frames: this.#frames,
      stalledMs: this.#stalledMs,
      outOfMemory: this.#outOfMemory,
      reached: this.#reached,
      media: this.#media,
    }, status);
    if (error !== null) throw error;
    return null;
  }

  /** Whether no line is urgent that ffmpeg writes before the next pixels are there. */
  #canDefer(): boolean {
    return this.#cadence.frameIsNext && !this.#branches.some(({ isWaiting }) => isWaiting);
  }

  /** What happens to every frame. */
  readonly #steps: LineListener = {
    onPacket: (pts) => {
      this.#packets++;
      this.#cadence.packet();
      this.#packetWatchdog?.feed();
      this.#watchOrder(pts);
      const nowMs = Date.now();
      const uptimeMs = performance.now();
      for (const branch of this.#branches) branch.packet(pts, nowMs, uptimeMs);
    },
    onFrame: (pts) => void (this.#pts = pts),
    onBranch: (branch) => {
      this.#branches[branch]?.frame(this.#pts, Date.now());
      if (branch === 0) this.#channels.pictures?.takeFrame(this.#pts);
      if (branch === this.#branches.length - 1) this.#cadence.frame();
    },
  };

  #onLine(line: string): void {
    if (this.#channels.pictures?.takeLine(line)) return;
    const parsed = parseFfmpegLine(line);
    switch (parsed?.kind) {
      case "clock":
        this.#hardware.decoded(parsed.pixels, this.#messages);
        this.#channels.pictures?.setClock(parsed.secondsPerTick);
        return this.#branches.forEach((branch) => branch.setClock(parsed.secondsPerTick));
      case "crop": {
        const { region } = this.#setup.config;
        if (region === null) return;
        const place = cropPlace(region, parsed.from, parsed.to);
        return this.#branches.forEach((branch) => branch.setPlace(place));
      }
      case "size":
        return this.#branches[parsed.branch]?.setSize(parsed.to, {
          size: parsed.from,
          pixelRatio: parsed.pixelRatio,
        });
      case "codec":
        this.#display.onLine(parsed);
        return this.#channels.tap?.setCodec(parsed.codec);
      case "turn":
        this.#display.onLine(parsed);
        if (this.#display.mayBeMirrored) this.#mirror ??= this.#probeMirror();
        return;
      case "quarter":
        return this.#display.onLine(parsed);
      case "connected":
        // By a relay that says nothing of the camera, which it connects to later.
        if (this.#reached === "nothing" && !this.#channels.relay) {
          this.#reached = "connection";
        }
        return;
      case "described":
        this.#media.length = 0;
        // That of a file is no sign of a camera.
        if (this.#setup.address.kind === "rtsp") this.#reached = "description";
        return;
      case "medium":
        if (this.#media.length < mostMedia) {
          this.#media.push({ kind: parsed.medium, encoding: null });
        }
        return;
      case "encoding": {
        const medium = this.#media.at(-1);
        if (medium) medium.encoding ??= parsed.encoding;
        return;
      }
      case "segment":
        if (this.#setup.address.kind !== "file") {
          for (const branch of this.#branches) branch.setSegments();
        }
        return this.#feed();
      case "finite":
        return this.#branches.forEach((branch) => branch.setFinite());
      case "opened":
        this.#reached = "description";
        this.#listenProbe?.[Symbol.dispose]();
        return this.#feed();
      case "message": {
        if (parsed.level === "verbose") return;
        const message = { level: parsed.level, text: this.#mask(parsed.text) };
        this.#logger.debug("ffmpeg: {text}", message);
        this.#messages.push(message);
        if (this.#messages.length > messagesKept) this.#messages.shift();
        // It would try each further picture in vain, but go on without a driver.
        if (this.#memory === null && isOutOfMemory(parsed.text)) this.#stopForMemory();
      }
    }
  }

  async #probeMirror(): Promise<void> {
    const { relay, inputList, tap } = this.#channels;
    const { address, config, guard } = this.#setup;
    if (tap === null) return;
    const turn = await probeMirror({
      input: inputArgs({ address, config, through: relay?.url, inputList }),
      env: relay?.env ?? {},
      memoryMb: memoryLimitMb(address, config),
      guard,
      signal: this.#signal,
    });
    if (turn !== null && !this.#signal.aborted) this.#display.correct(turn);
  }

  /** Warns of B-frames where they make key frames late. */
  #watchOrder(pts: number | null): void {
    if (pts === null || this.#packetWatchdog === null || this.#warnedOfOrder) return;
    if (this.#channels.pictures !== null) return;
    if (pts < this.#packetPts && this.#frames > 0) {
      this.#warnedOfOrder = true;
      this.#logger.warn(
        "The camera sends B-frames, so that each key frame comes out with one of the next: results " +
          "are seconds old; switch B-frames off in the camera, or use --decode all with --fps",
      );
    }
    this.#packetPts = pts;
  }

  #mask(text: string): string {
    return maskSecrets(text, this.#setup.config.url);
  }

  /** The source has given a sign of life. */
  #feed(): void {
    this.#watchdog.feed();
    this.#packetWatchdog?.feed();
  }

  #stall(limitMs: number): void {
    this.#stalledMs = limitMs;
    this.#stop();
  }

  #stopForMemory(): void {
    this.#outOfMemory = true;
    this.#stop();
  }

  readonly #stop = (): void => {
    this.#process.stop();
  };

  #end(): void {
    this.#memory?.[Symbol.dispose]();
    this.#watchdog.rest();
    this.#packetWatchdog?.rest();
    this.#listenProbe?.[Symbol.dispose]();
    this.#channels.motion?.close();
    this.#channels.pictures?.end();
    this.#hasEnded = true;
    for (const branch of this.#branches) branch.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener("abort", this.#stop);
    this.#watchdog[Symbol.dispose]();
    this.#packetWatchdog?.[Symbol.dispose]();
    const stopped = this.#process.stop();
    // Of one that has ended by itself, the last pictures are still to be read.
    if (!this.#hasEnded) this.#channels.pictures?.leave();
    // An ffmpeg whose writes are blocked would not notice that it is asked to end.
    await Promise.allSettled(this.#branches.map((branch) => branch[Symbol.asyncDispose]()));
    await Promise.all([stopped, this.#mirror]);
  }
}
