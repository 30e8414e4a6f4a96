/** One run of ffmpeg for several streams of a camera. */

import type { Pixels } from "../frame/decoded_picture.ts";
import type { FrameFormat } from "../frame/frame.ts";
import { BranchReader } from "./branch_reader.ts";
import type { SizeProbe } from "./ffmpeg_args.ts";
import type { FullPictures } from "./picture/full_pictures.ts";
import type { PictureFeed } from "./picture/picture_feed.ts";
import { RunChannels, type RunSetup } from "./run_channels.ts";
import { SourceRun } from "./source_run.ts";

/** Whose frames, and what they are like. */
export interface SharedBranch {
  /** Name of the stream, which has one branch. */
  readonly stream: string;
  readonly format: FrameFormat;
  /** Its frames lead to pictures of full size. */
  readonly full: boolean;
}

/** A running ffmpeg whose branches are read by different streams. */
export class SharedRun implements AsyncDisposable {
  readonly #branches: readonly SharedBranch[];
  readonly #owned: AsyncDisposableStack;
  readonly #stop: AbortController;
  readonly #readers: readonly BranchReader[];
  readonly #run: SourceRun;
  readonly #pictures: PictureFeed | null;
  readonly #sizeProbe: SizeProbe;
  #replaced = false;
  #closing: Promise<void> | null = null;

  private constructor(
    branches: readonly SharedBranch[],
    sizeProbe: SizeProbe,
    pictures: PictureFeed | null,
    onFrame: () => void,
    run: SourceRun,
    stop: AbortController,
    owned: AsyncDisposableStack,
  ) {
    this.#branches = branches;
    this.#stop = stop;
    this.#run = run;
    this.#sizeProbe = sizeProbe;
    this.#pictures = pictures;
    this.#owned = owned;
    this.#readers = branches.map((_, index) => {
      return new BranchReader(async () => {
        const frame = await run.next(index);
        if (frame !== null) onFrame();
        return frame;
      });
    });
  }

  /**
   * `pictures`: where they are kept at their full size, null when no branch wants them; `onFrame` is
   * called for each frame of any branch.
   * @throws {SourceError} when it cannot be started
   */
  static async open(
    setup: RunSetup,
    branches: readonly SharedBranch[],
    pictures: FullPictures | null,
    onFrame: () => void,
  ): Promise<SharedRun> {
    const stop = new AbortController();
    await using owned = new AsyncDisposableStack();
    const streams = branches.map(({ stream }) => stream);
    const channels = owned.use(await RunChannels.open(setup, streams));
    const folder = owned.use(await pictures?.begin() ?? null);
    const requests = branches.map((branch) => ({ ...branch, full: branch.full ? folder : null }));
    const run = owned.use(new SourceRun(setup, requests, channels, stop.signal));
    const { sizeProbe } = setup;
    const all = channels.pictures;
    return new SharedRun(branches, sizeProbe, all, onFrame, run, stop, owned.move());
  }

  /** How all pictures are given; null = they are not. */
  get pixels(): Pixels | null {
    return this.#pictures?.pixels ?? null;
  }

  /** Of all pictures, none after the frame of this time is wanted; resolves when that one has come. */
  async finishPictures(ptsMs: number): Promise<void> {
    await this.#pictures?.finishAt(ptsMs);
  }

  /** The reader of a stream's branch; null when there is none with such frames, or it has ended. */
  reader({ stream, format, full }: SharedBranch): BranchReader | null {
    const index = this.#branches.findIndex((branch) => branch.stream === stream);
    const branch = this.#branches[index];
    const reader = this.#readers[index];
    if (branch === undefined || reader === undefined || reader.ended) return null;
    return branch.full === full && sameFormat(branch.format, format) ? reader : null;
  }

  /** Reads the branches of all streams but these, which read themselves. */
  drainOthers(streams: ReadonlySet<string>): void {
    for (const [index, { stream }] of this.#branches.entries()) {
      if (!streams.has(stream)) this.#readers[index]!.drain();
    }
  }

  /** It ended well, and its address is to be asked for the next picture. */
  get isPicture(): boolean {
    return this.#run.isPicture;
  }

  /** Nothing but the size of pictures was missing. */
  get lacksSize(): boolean {
    return this.#run.lacksSize;
  }

  /** How the next run finds that out. */
  get nextSizeProbe(): SizeProbe {
    if (this.lacksSize) return this.#sizeProbe === "short" ? "long" : "none";
    // A later time, a key frame may come sooner.
    return this.#sizeProbe === "none" ? "long" : this.#sizeProbe;
  }

  /** Another run follows, so that its end is no end to those who read it. */
  get replaced(): boolean {
    return this.#replaced;
  }

  /** Ends ffmpeg, as another run follows. */
  async replace(): Promise<void> {
    this.#replaced = true;
    await this[Symbol.asyncDispose]();
  }

  /** Ends ffmpeg; those who read see the end of their frames. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    return this.#closing ??= this.#owned.disposeAsync();
  }
}

function sameFormat(a: FrameFormat, b: FrameFormat): boolean {
  return a.width === b.width && a.height === b.height && a.pixelFormat === b.pixelFormat &&
    a.fit === b.fit;
}
