/** One place where a camera's video goes: an ffmpeg that packs packets anew, and is started again. */

import { backoffMs } from "../backoff.ts";
import type { Analysis } from "../frame/analysis.ts";
import { isNalCodec, sequenceSetsOf } from "../frame/annex_b.ts";
import type { CameraPacket, CodecParameters, Display } from "../frame/camera_packet.ts";
import { describeError } from "../log/describe_error.ts";
import { maskSecrets } from "../log/mask.ts";
import { OngoingError } from "../log/ongoing_error.ts";
import { BoxTracks } from "./box_tracks.ts";
import type { OutputOptions } from "./drawn_video.ts";
import { AnnouncedSound } from "./announced_sound.ts";
import type { OutputKind } from "./output_kind.ts";
import { kindOfOutput, type OutputConfig } from "./settings.ts";
import { frozenMs, TakerRun } from "./taker_run.ts";

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
  readonly #sound = new AnnouncedSound();
  #parameters: CodecParameters | null = null;
  #display: Display | null = null;
  #run: TakerRun | null = null;
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
    if (before !== null && sequenceOf(before) !== sequenceOf(parameters)) this.#finish();
  }

  write(packet: CameraPacket): void {
    const isPicture = packet.kind === "video";
    if (isPicture) this.#counts.accepted++;
    else this.#sound.came();
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

  /** Whether a file is long enough, or sound has come that was awaited no longer. */
  #isDue(packet: CameraPacket): boolean {
    if (this.#run?.isSilent && this.#sound.isThere) return true;
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
    const capturedAt = new Date(first.capturedAtMs);
    const confirmed = this.#sound.confirm(parameters);
    const run = this.#run = new TakerRun(first.ptsMs);
    run.display = this.#display;
    const prepared = confirmed.then((parameters) =>
      this.#kind.prepare(this.#config, { camera, parameters, capturedAt })
    );
    const pathOf = (args: readonly string[]) => this.#kind.boxesBeside?.(args) ?? null;
    this.#boxes?.open(first.ptsMs, prepared.then(pathOf, () => null));
    this.#opening = Promise.all([prepared, confirmed]).then(([args, parameters]) => {
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
  #over(run: TakerRun, reason: string): void {
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

  #reached(run: TakerRun): void {
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

/** What is the same for all pictures of a file, or of what is announced to a server. */
function sequenceOf({ video: { codec, width, height, extradata } }: CodecParameters): string {
  const sets = isNalCodec(codec) ? sequenceSetsOf(codec, extradata) : "";
  return `${codec} ${width} ${height} ${sets}`;
}
