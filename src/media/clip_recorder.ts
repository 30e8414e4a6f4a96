/** Clips of one camera: from before an event to after its end. */

import { type FramesByStream, inMemory, isReordered } from "./clip_group.ts";
import { ClipSpool } from "./clip_spool.ts";
import type { Display } from "../frame/camera_packet.ts";
import { hideBetween, nearMs, type StreamNote } from "./hide_between.ts";
import { type ClipFiles, keepClip } from "./keep_clip.ts";
import type { MediaFolder } from "./media_folder.ts";
import type { PacketRing, PictureGroup } from "./packet_ring.ts";
import type { RunOptions } from "./make_snapshot.ts";
import type { PictureQueue } from "./picture_queue.ts";
import type { DrawStream } from "../use_case/host.ts";

/** What a clip is made with. */
export interface ClipRecorderOptions extends Omit<RunOptions, "signal"> {
  readonly ring: PacketRing;
  readonly folder: MediaFolder;
  readonly queue: PictureQueue;
  /** Boxes on frames from one time to another, by stream. */
  frames(run: number, fromMs: number, toMs: number): FramesByStream;
  /** What is to be hidden on them. */
  notes(run: number, fromMs: number, toMs: number): readonly StreamNote[];
  /** Streams of which something is to be hidden. */
  mustDraw(): readonly string[];
  readonly draw: DrawStream;
  /** How pictures are to be shown. */
  display(): Display | null;
}

/** Which clip; times are `ptsMs` of the camera's run. */
export interface ClipRequest {
  /** Events that have it; its end may bring another. */
  readonly ids: readonly string[];
  readonly stream: string;
  readonly run: number;
  readonly fromMs: number;
  /** It ends here at the latest. */
  readonly latestMs: number;
  /** For the name of its folder, milliseconds since 1970. */
  readonly atMs: number;
  /** Streams of which something was to be hidden when it began. */
  readonly hiding: readonly string[];
  /** Rows at most of a clip of which something is hidden; null = it is refused. */
  readonly hiddenRows: number | null;
}

/** A clip that goes on. */
export interface RunningClip {
  /** Ends it, at this time or when it is as long as allowed. Only the first call counts. */
  end(atMs: number): void;
  /** Resolves when the files are there. @throws {Error} when there are none */
  readonly files: Promise<ClipFiles>;
}

/** Clips of a camera that may go on, or wait to be made, at once; they share their packets, but each is written. */
const mostOpen = 64;
/** A camera that is late has so long to send the last pictures. */
const slackMs = 500;
/** What came so long ago lies on the disk, where a clip wants it. */
const keepUpMs = 500;
/** Nothing is said of frames that are so old. */
const settledMs = 5000;

interface OpenClip extends ClipRequest {
  /** By which the disk knows that it goes on; null = it does not. */
  number: number | null;
}

/** Keeps what running clips want, on disk what the ring has no room for, or a kill would cost. */
export class ClipRecorder {
  readonly #options: ClipRecorderOptions;
  readonly #spool: ClipSpool;
  readonly #open = new Set<OpenClip>();
  #count = 0;
  #keptUpAtMs = -Infinity;

  constructor(options: ClipRecorderOptions) {
    this.#options = options;
    this.#spool = new ClipSpool(options.folder.newSpool());
  }

  /** Begins a clip. @throws {Error} when too many go on */
  record(request: ClipRequest): RunningClip {
    if (this.#open.size >= mostOpen) {
      throw new Error(`Cannot make a clip: ${mostOpen} of this camera go on, or wait to be made`);
    }
    // What is to be hidden could not be after a kill, as it is known in memory only.
    const number = request.hiding.length === 0 ? this.#count++ : null;
    const clip: OpenClip = { ...request, number };
    this.#open.add(clip);
    this.#note(clip, request.latestMs);
    const ended = Promise.withResolvers<number>();
    const files = this.#finish(clip, ended.promise).finally(() => {
      // At the end of Sightline, what is not made lies on the disk, and the next one makes it.
      if (this.#options.queue.isClosed && clip.number !== null) return;
      this.#forgetNote(clip);
      this.#open.delete(clip);
      this.#prune();
    });
    return {
      files,
      end: (atMs) => {
        this.#note(clip, Math.min(request.latestMs, atMs));
        ended.resolve(atMs);
      },
    };
  }

  /** A group leaves the ring; the next one begins at `endMs`. */
  beforeItLeaves(group: PictureGroup, endMs: number): void {
    const isWanted = [...this.#open].some(({ run, fromMs }) => run === group.run && endMs > fromMs);
    if (!isWanted) return;
    const { run, startMs } = group;
    this.#spool.leave(group, endMs, {
      frames: this.#options.frames(run, startMs, endMs),
      notes: this.#options.notes(run, startMs, endMs),
    });
  }

  /** Writes down what came since the last time, now and then; it may be called with every packet. */
  keepUp(nowMs = performance.now()): void {
    if (this.#open.size === 0 || nowMs - this.#keptUpAtMs < keepUpMs) return;
    this.#keptUpAtMs = nowMs;
    if (this.#options.mustDraw().length > 0) this.#open.forEach((clip) => this.#forgetNote(clip));
    const noted = [...this.#open].filter(({ number }) => number !== null);
    const { groups, newestMs } = this.#options.ring;
    for (const [index, group] of groups.entries()) {
      const { run, startMs } = group;
      const endMs = groups[index + 1]?.startMs ?? Infinity;
      const isWanted = noted.some((clip) => clip.run === run && endMs > clip.fromMs);
      const isSettled = endMs < (newestMs ?? 0) - settledMs && this.#spool.has(group);
      if (!isWanted || isSettled) continue;
      this.#spool.write(group, endMs, this.#options.frames(run, startMs, endMs));
    }
  }

  /** Resolves when all that came lies on the disk, as far as a later start would need it. */
  async end(): Promise<void> {
    this.keepUp(Infinity);
    await this.#spool.settle();
  }

  async #finish(request: ClipRequest, ended: Promise<number>): Promise<ClipFiles> {
    const { ring, queue } = this.#options;
    const stop = new AbortController();
    const longest = ring.after(request.latestMs, { signal: stop.signal }).then(() => Infinity);
    const endMs = Math.min(request.latestMs, await Promise.race([ended, longest]));
    stop.abort();
    const missingMs = Number.isFinite(ring.newestMs) ? endMs - ring.newestMs : 0;
    await ring.after(endMs, { mostMs: Math.max(0, missingMs) + slackMs });
    // With B-frames, what is shown before the newest picture is sent behind it.
    if (isReordered(ring.groups.map(inMemory))) {
      await ring.after(ring.newestMs ?? endMs, { mostMs: slackMs });
    }
    return await queue.run((signal) => this.#write(request, endMs, signal));
  }

  async #write(request: ClipRequest, endMs: number, signal: AbortSignal): Promise<ClipFiles> {
    const { ring, frames, mustDraw, draw, display } = this.#options;
    const { run, stream } = request;
    // A plugin that hides may have come, or gone, meanwhile.
    const streams = [...new Set([...request.hiding, ...mustDraw()])];
    if (request.hiddenRows === null) refuseHidden(streams);
    const { left } = this.#spool;
    const notes = [
      ...left.filter((group) => group.run === run).flatMap((group) => group.notes),
      ...this.#options.notes(run, -Infinity, endMs + nearMs),
    ];
    return await keepClip({
      ...this.#options,
      ...request,
      signal,
      endMs,
      groups: [...left, ...ring.groups.map(inMemory)],
      frames: frames(run, -Infinity, Infinity)[stream] ?? [],
      display: display(),
      hiding: request.hiddenRows === null || streams.length === 0 ? undefined : {
        hide: hideBetween(streams, notes, draw),
        mostRows: request.hiddenRows,
      },
    });
  }

  #note({ number, ids, stream, run, fromMs, atMs }: OpenClip, endMs: number): void {
    if (number === null) return;
    const display = this.#options.display();
    this.#spool.note(number, { ids, stream, run, fromMs, endMs, atMs, display });
  }

  #forgetNote(clip: OpenClip): void {
    if (clip.number !== null) this.#spool.note(clip.number, null);
    clip.number = null;
  }

  #prune(): void {
    this.#spool.keep(({ run, endMs }) =>
      [...this.#open].some((clip) => clip.run === run && endMs > clip.fromMs)
    );
  }
}

/** @throws {Error} when something is to be hidden, which would lie open on the disk */
export function refuseHidden([stream]: readonly string[]): void {
  if (stream === undefined) return;
  throw new Error(`Cannot make a clip: a part of ${stream} may have to be hidden (clips.hidden)`);
}
