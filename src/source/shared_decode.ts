/** One camera, one ffmpeg, several use cases. */

import type { Logger } from "@logtape/logtape";
import type { SourceConfig } from "../config/resolved.ts";
import type { CompressedTap } from "../frame/compressed.ts";
import type { FrameFormat } from "../frame/frame.ts";
import type { ChildGuard } from "../process_guard.ts";
import { type Address, parseAddress } from "./address.ts";
import type { Attempt, AttemptGate } from "./attempt_gate.ts";
import type { BranchReader } from "./branch_reader.ts";
import { isLive } from "./ffmpeg_args.ts";
import { FullPictures, pictureFolderName } from "./full_pictures.ts";
import { openSource } from "./open.ts";
import { SharedRun } from "./shared_run.ts";
import { isRefused } from "./port_probe.ts";
import { type Source, SourceError, type SourceFrame } from "./source.ts";

/** What all use cases of a camera have in common. */
export interface SharedDecodeOptions {
  /** Name of the camera. */
  readonly camera: string;
  readonly config: SourceConfig;
  readonly logger: Logger;
  readonly guard: ChildGuard;
  /** Where attempts to reach a camera wait for their turn. @default {there is no other camera} */
  readonly gate?: AttemptGate;
  /** Takes the camera's compressed stream, once for all. */
  readonly tap?: CompressedTap | undefined;
}

/** A use case's place at the camera; disposing of it says that it will not read again. */
export interface Seat extends Disposable {
  /** A source of frames for it; nothing is started before frames are asked for. */
  open(format: FrameFormat): Source;
}

/**
 * Until it is known which frames a use case takes (its model may be away), the others wait for it no
 * longer than this, in milliseconds. Once it is known, ffmpeg is started anew with one more branch.
 */
const gatherMs = 500;

interface Guest {
  readonly stream: string;
  readonly full: boolean;
  /** What it asked for last; null before it has asked. */
  format: FrameFormat | null;
  /** Others have waited long enough for it to ask. */
  late: boolean;
  /** It waits for its branch. */
  asking: PromiseWithResolvers<BranchReader | null> | null;
  /** Aborts when the camera is seen to work while this one waits to try again. */
  sooner: AbortController;
}

/**
 * Runs one ffmpeg for all use cases of a camera, which come and go. Whoever leaves costs the others
 * nothing: its branch is drained. Whoever comes with other frames than ffmpeg makes has it started
 * anew, which costs the others what a reconnection costs.
 *
 * A file is different, as it must be seen from its beginning: it begins once all have asked, and
 * whoever asks again reads it alone.
 */
export class SharedDecode implements AsyncDisposable {
  readonly #options: SharedDecodeOptions;
  readonly #address: Address;
  readonly #guests = new Set<Guest>();
  readonly #reading = new Map<Guest, SharedRun>();
  #run: SharedRun | null = null;
  #starting: Promise<void> | null = null;
  #full: Promise<FullPictures> | null = null;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #begun = false;
  /** A place at the gate, as long as it is not known how the attempt went. */
  #attempt: Attempt | null = null;
  /** What ffmpeg said when it was refused last: while that lasts, no other one is started. */
  #refused: SourceError | null = null;
  readonly #stop = new AbortController();
  /** The run has given a frame. */
  #live = false;
  /** The address answers with one picture, as an earlier run found. */
  #polled = false;

  constructor(options: SharedDecodeOptions) {
    this.#options = options;
    this.#address = parseAddress(options.config.url);
  }

  get #returns(): boolean {
    return this.#address.kind !== "file";
  }

  /** Makes room for the use case of a stream. `full`: its frames lead to full-size pictures. */
  join(stream: string, full = false): Seat {
    const sooner = new AbortController();
    const guest: Guest = { stream, full, format: null, late: false, asking: null, sooner };
    this.#guests.add(guest);
    return {
      open: (format) => this.#open(guest, format),
      [Symbol.dispose]: () => {
        this.#guests.delete(guest);
        this.#consider();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#guests.clear();
    this.#stop.abort();
    clearTimeout(this.#gathering);
    await this.#starting;
    await this.#run?.[Symbol.asyncDispose]();
    await (await this.#full)?.[Symbol.asyncDispose]();
  }

  /** Made when somebody wants them. */
  #pictures(): Promise<FullPictures> {
    const { camera, config, guard } = this.#options;
    return this.#full ??= FullPictures.open(
      pictureFolderName(camera, config.url),
      isLive(this.#address, config),
      guard,
    );
  }

  #open(guest: Guest, format: FrameFormat): Source {
    const { config } = this.#options;
    guest.sooner = new AbortController();
    if (this.#live && this.#run?.reader({ ...guest, format })) guest.sooner.abort();
    return {
      live: isLive(this.#address, config),
      returns: this.#returns,
      sooner: guest.sooner.signal,
      frames: (signal) => this.#frames(guest, format, signal),
    };
  }

  async *#frames(
    guest: Guest,
    format: FrameFormat,
    signal: AbortSignal,
  ): AsyncGenerator<SourceFrame, void, void> {
    guest.format = format;
    if (this.#begun && !this.#returns) {
      const tap = this.#guests.size === 1 ? this.#options.tap : undefined;
      const { stream } = guest;
      const full = guest.full ? await this.#pictures() : null;
      const alone = openSource({ ...this.#options, tap, stream, full, format });
      return yield* alone.frames(signal);
    }
    for (let again = true; again && !signal.aborted;) {
      try {
        using branch = (await this.#enter(guest, format, signal))?.take(signal);
        for (let frame; (frame = await branch?.next());) yield frame;
      } catch (error) {
        if (error instanceof SourceError && error.reason === "refused") this.#refused = error;
        throw error;
      } finally {
        const run = this.#reading.get(guest);
        this.#reading.delete(guest);
        if (run?.isPicture) this.#polled = true;
        again = (run?.replaced || run?.isPicture) ?? false;
        if (run && !run.replaced) await this.#leave(run);
      }
    }
  }

  /** The guest's branch, as soon as there is one; null when the signal aborts before. */
  async #enter(
    guest: Guest,
    format: FrameFormat,
    signal: AbortSignal,
  ): Promise<BranchReader | null> {
    const run = this.#starting === null ? this.#run : null;
    const reader = run?.reader({ ...guest, format });
    if (run && reader) {
      this.#reading.set(guest, run);
      return reader;
    }
    const asking = guest.asking = Promise.withResolvers();
    const giveUp = () => asking.resolve(null);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      this.#consider();
      return await asking.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
      guest.asking = null;
    }
  }

  /** Starts ffmpeg if somebody waits for it and nobody else need be waited for. */
  #consider(): void {
    const guests = [...this.#guests];
    if (this.#starting !== null || !guests.some(({ asking }) => asking)) return;
    if (this.#returns) {
      if (guests.some(({ format, late }) => format === null && !late)) {
        this.#gathering ??= setTimeout(() => this.#goOn(), gatherMs);
        return;
      }
    } else if (!guests.every(({ asking }) => asking)) return;
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#starting = this.#start().finally(() => {
      this.#starting = null;
      this.#consider();
    });
  }

  /** Waits no longer for those who have not asked. */
  #goOn(): void {
    this.#gathering = undefined;
    for (const guest of this.#guests) guest.late ||= guest.format === null;
    this.#consider();
  }

  async #start(): Promise<void> {
    await this.#run?.replace();
    this.#run = null;
    this.#live = false;
    if (this.#returns) {
      this.#attempt = await this.#options.gate?.enter(this.#stop.signal) ?? null;
      // Nobody may want it any more.
      if (![...this.#guests].some(({ asking }) => asking)) return this.#attempted();
      const refused = this.#refused;
      if (refused !== null && await isRefused(this.#address)) return this.#failed(refused);
      this.#refused = null;
    }
    const branches = [...this.#guests].flatMap(({ stream, full, format }) => {
      return format === null ? [] : [{ stream, full, format }];
    });
    let run: SharedRun;
    try {
      const address = this.#address;
      const onFrame = () => this.#noticeFrame();
      const full = branches.some(({ full }) => full) ? await this.#pictures() : null;
      const polled = this.#polled;
      run = await SharedRun.open({ ...this.#options, address, branches, full, polled, onFrame });
    } catch (error) {
      return this.#failed(error);
    }
    this.#run = run;
    this.#begun = true;
    const served = new Set<string>();
    for (const guest of this.#guests) {
      const { stream, full, format, asking } = guest;
      const reader = format && run.reader({ stream, full, format });
      if (!asking || !reader) continue;
      served.add(stream);
      this.#reading.set(guest, run);
      asking.resolve(reader);
    }
    run.drainOthers(served);
    await this.#leave(run);
  }

  /** The camera works: whoever waits to try again need not wait any longer. */
  #noticeFrame(): void {
    if (this.#live) return;
    this.#live = true;
    this.#attempted();
    for (const guest of this.#guests) {
      if (!this.#reading.has(guest)) guest.sooner.abort();
    }
  }

  /** Whoever waits for this attempt is told. */
  #failed(error: unknown): void {
    this.#attempted();
    for (const { asking } of this.#guests) asking?.reject(error);
  }

  /** The camera has shown what comes of the attempt: the next one may begin. */
  #attempted(): void {
    this.#attempt?.[Symbol.dispose]();
    this.#attempt = null;
  }

  /** Ends a run that nobody reads. */
  async #leave(run: SharedRun): Promise<void> {
    if ([...this.#reading.values()].includes(run)) return;
    if (this.#run === run) this.#attempted();
    await run[Symbol.asyncDispose]();
    if (this.#run === run) this.#run = null;
  }
}
