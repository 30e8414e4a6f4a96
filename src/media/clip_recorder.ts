/** Clips of one camera: from before an event to after its end. */

import type { KeptFile } from "../events/media_table.ts";
import { type ClipGroup, ClipSpool, type FramesByStream } from "./clip_spool.ts";
import type { Display } from "../frame/camera_packet.ts";
import { hideBetween, type HideOptions, nearMs, type StreamNote } from "./hide_between.ts";
import { makeClip } from "./make_clip.ts";
import { makeHiddenClip } from "./make_hidden_clip.ts";
import type { MediaFolder } from "./media_folder.ts";
import type { PacketRing, PictureGroup } from "./packet_ring.ts";
import { framed, type RunOptions } from "./make_snapshot.ts";
import type { PictureQueue } from "./picture_queue.ts";

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
  readonly draw: HideOptions["draw"];
  /** How pictures are to be shown. */
  display(): Display | null;
}

/** A clip, and the boxes on its frames. */
export interface ClipFiles {
  readonly clip: KeptFile;
  readonly boxes: KeptFile;
}

/** Which clip; times are `ptsMs` of the camera's run. */
export interface ClipRequest {
  readonly stream: string;
  readonly run: number;
  readonly fromMs: number;
  /** It ends here at the latest. */
  readonly latestMs: number;
  /** For the name of its folder, milliseconds since 1970. */
  readonly atMs: number;
  /** Streams of which something was to be hidden when it began. */
  readonly hiding: readonly string[];
  readonly encodesHidden: boolean;
}

/** A clip that goes on. */
export interface RunningClip {
  /** Ends it, at this time or when it is as long as allowed. Only the first call counts. */
  end(atMs: number): void;
  /** Resolves when the files are there. @throws {Error} when there are none */
  readonly files: Promise<ClipFiles>;
}

/** Clips of a camera that may go on at once; they share their packets, but each is written. */
const mostOpen = 64;
/** A camera that is late has so long to send the last pictures. */
const slackMs = 500;

/** Keeps what running clips want, on disk what the ring has no room for. */
export class ClipRecorder {
  readonly #options: ClipRecorderOptions;
  readonly #spool: ClipSpool;
  readonly #open = new Set<ClipRequest>();

  constructor(options: ClipRecorderOptions) {
    this.#options = options;
    this.#spool = new ClipSpool(options.folder.newSpool());
  }

  /** Begins a clip. @throws {Error} when too many go on */
  record(request: ClipRequest): RunningClip {
    if (this.#open.size >= mostOpen) {
      throw new Error(`Cannot make a clip: ${mostOpen} of this camera go on already`);
    }
    this.#open.add(request);
    const ended = Promise.withResolvers<number>();
    const files = this.#finish(request, ended.promise).finally(() => {
      this.#open.delete(request);
      this.#prune();
    });
    return { end: ended.resolve, files };
  }

  /** A group leaves the ring; the next one begins at `endMs`. */
  beforeItLeaves(group: PictureGroup, endMs: number): void {
    const isWanted = [...this.#open].some(({ run, fromMs }) => run === group.run && endMs > fromMs);
    if (!isWanted) return;
    const { run, startMs } = group;
    this.#spool.add(group, endMs, {
      frames: this.#options.frames(run, startMs, endMs),
      notes: this.#options.notes(run, startMs, endMs),
    });
  }

  async #finish(request: ClipRequest, ended: Promise<number>): Promise<ClipFiles> {
    const { ring, queue } = this.#options;
    const stop = new AbortController();
    const longest = ring.after(request.latestMs, { signal: stop.signal }).then(() => Infinity);
    const endMs = Math.min(request.latestMs, await Promise.race([ended, longest]));
    stop.abort();
    const missingMs = Number.isFinite(ring.newestMs) ? endMs - ring.newestMs : 0;
    await ring.after(endMs, { mostMs: Math.max(0, missingMs) + slackMs });
    return await queue.run((signal) => this.#write(request, endMs, signal));
  }

  async #write(
    { stream, run, fromMs, atMs, encodesHidden, ...request }: ClipRequest,
    endMs: number,
    signal: AbortSignal,
  ): Promise<ClipFiles> {
    const { folder, frames, mustDraw, draw, display } = this.#options;
    // A plugin that hides may have come, or gone, meanwhile.
    const streams = [...new Set([...request.hiding, ...mustDraw()])];
    if (!encodesHidden) refuseHidden(streams);
    const groups = this.#groups(run, fromMs, endMs);
    const [first] = groups;
    if (first === undefined) throw new Error("Cannot make a clip: its packets are gone (ring_s)");
    const { startMs } = first;
    const name = folder.newName("mp4", atMs);
    const told = [
      ...(await Promise.all(groups.map((group) => group.frames()))),
      frames(run, startMs, endMs + 0.5),
    ].flatMap((byStream) => byStream[stream] ?? []);
    const notes = [
      ...groups.flatMap((group) => group.notes),
      ...this.#options.notes(run, startMs, endMs + nearMs),
    ];
    const clip = await folder.make(name, (path) => {
      const durationMs = endMs - startMs;
      const task = { ...this.#options, groups, durationMs, path, display: display(), signal };
      if (streams.length === 0) return makeClip(task);
      const hide = hideBetween({ streams, notes, draw });
      return makeHiddenClip({ ...task, hide });
    });
    const text = JSON.stringify({ frames: onClipsClock(told, startMs, endMs) });
    const boxes = await folder.write(
      name.replace(/mp4$/, "json"),
      new TextEncoder().encode(text),
    );
    return { clip, boxes };
  }

  /** From the key frame at or before `fromMs` on, as far as it is kept. */
  #groups(run: number, fromMs: number, endMs: number): readonly ClipGroup[] {
    const inRing = this.#options.ring.groups.map((group): ClipGroup => ({
      ...group,
      parts: () => group.packets.flatMap(framed),
      frames: () => Promise.resolve({}),
      notes: [],
    }));
    const all = [...this.#spool.groups, ...inRing].filter((group) =>
      group.run === run && group.startMs <= endMs
    );
    const first = all.findLastIndex(({ startMs }) => startMs <= fromMs + 0.5);
    return all.slice(Math.max(0, first));
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

/** Each frame once, in order, with its time in the clip. */
function onClipsClock(
  frames: FramesByStream[string],
  startMs: number,
  endMs: number,
): { readonly ms: number; readonly boxes: unknown }[] {
  const byTime = new Map(frames.map(({ stampMs, boxes }) => [stampMs, boxes]));
  return [...byTime].filter(([stampMs]) => stampMs >= startMs - 0.5 && stampMs <= endMs + 0.5)
    .sort(([a], [b]) => a - b)
    .map(([stampMs, boxes]) => ({ ms: Math.round((stampMs - startMs) * 10) / 10, boxes }));
}
