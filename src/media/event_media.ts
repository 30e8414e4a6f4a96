/** The pictures of all events of a Sightline: who gets one, and where it is then. */

import type { Logger } from "@logtape/logtape";
import type { ClipSpan, EventDraft, SightlineEvent } from "../events/event.ts";
import type { EventLog } from "../events/event_log.ts";
import type { KeptFile, MediaKind } from "../events/media_table.ts";
import type { ClipFiles } from "./keep_clip.ts";
import { unfinishedClips } from "./clip_spool.ts";
import { type CutOffClip, findCutOff, finishCutOff } from "./cut_off_clips.ts";
import { describeError } from "../log/describe_error.ts";
import { RateLimitedReport } from "../log/rate_limited_report.ts";
import type { StreamClip, StreamMedia } from "./camera_media.ts";
import { type ClipsConfig, longestClipS, type MediaConfig } from "./settings.ts";
import { MediaFolder } from "./media_folder.ts";
import type { ChildGuard } from "../process_guard.ts";
import { boxOf, lookFilters, renderSnapshot, type SnapshotLook } from "./render_snapshot.ts";
import { PictureQueue } from "./picture_queue.ts";

/** Settings of {@link EventMedia}. */
export interface EventMediaOptions {
  readonly dataDir: string;
  readonly log: Pick<EventLog, "addFile" | "ask" | "closedAtStart">;
  readonly guard: ChildGuard;
  readonly logger: Logger;
}

/** What became of pictures. */
export interface MediaCounts {
  readonly pictures: number;
  readonly pictureFailures: number;
  readonly clips: number;
  readonly clipFailures: number;
}

/** The figures where no folder keeps events. */
export const noMedia: MediaCounts = {
  pictures: 0,
  pictureFailures: 0,
  clips: 0,
  clipFailures: 0,
};

/** A stream, as far as its events have pictures. */
interface PicturedStream {
  readonly media: StreamMedia;
  /** Types of events that have one without asking. */
  readonly snapshots: ReadonlySet<string>;
  readonly clips: ClipsConfig | null;
}

/** A clip of an event that has begun something, until that ends. */
interface OpenClip {
  readonly clip: StreamClip;
  readonly span: ClipSpan;
  /** Events that have it. */
  readonly ids: string[];
}

type IdentifiedDraft = EventDraft & { readonly id: string };

/** At the end, pictures and clips that are being made may take so long. */
const graceMs = 1000;

/** A picture that waits for longer is not made: somewhere a page waits for it. */
const longestWaitMs = 20_000;

/** Gives each event that wants one its picture, after it was written down. */
export class EventMedia implements AsyncDisposable {
  readonly folder: MediaFolder;
  readonly queue = new PictureQueue({ longestMs: longestWaitMs });
  /** Each that waits keeps its packets on the disk, and a place among those that may go on. */
  readonly clipQueue = new PictureQueue({ inOrder: true });
  /** Pictures that a request waits for: none of those made ahead goes before them. */
  readonly #looks = new PictureQueue({ longestMs: longestWaitMs });
  readonly #log: EventMediaOptions["log"];
  readonly #guard: ChildGuard;
  readonly #streams = new Map<string, PicturedStream>();
  /** Pictures that are made, by the id of the event. */
  readonly #pending = new Map<string, Promise<void>>();
  readonly #pendingClips = new Set<Promise<void>>();
  /** How many events are just being given a file, by its name. */
  readonly #adding = new Map<string, number>();
  /** Events that will have a clip. */
  readonly #awaited = new Set<string>();
  /** By the key of what the event has begun. */
  readonly #openClips = new Map<string, OpenClip>();
  /** One for each kind, so that a reason is told of what it is the reason for. */
  readonly #lost: Readonly<Record<"picture" | "clip", RateLimitedReport>>;
  /** What a kill of an earlier Sightline cut off. */
  readonly #cutOff: Promise<CutOffClip[]>;
  readonly #known: Promise<void>;
  readonly #end = new AbortController();
  readonly #cleaning: Promise<void>;
  #pictures = 0;
  #pictureFailures = 0;
  #clips = 0;
  #clipFailures = 0;

  constructor({ dataDir, log, guard, logger }: EventMediaOptions) {
    this.#log = log;
    this.#guard = guard;
    this.folder = new MediaFolder(dataDir);
    const reportOf = (what: string) =>
      new RateLimitedReport((count, error) => {
        const times = count > 1 ? ` (${count} times)` : "";
        const reason = describeError(error);
        logger.warn("An event has no {what}: {reason}{times}", { what, reason, times });
      }, { intervalMs: 10_000 });
    this.#lost = { picture: reportOf("picture"), clip: reportOf("clip") };
    this.#cutOff = findCutOff(this.folder, log.closedAtStart);
    // A request for one meanwhile is told to come again.
    this.#known = this.#cutOff.then((clips) => {
      for (const { ids } of clips) ids.forEach((id) => this.#awaited.add(id));
    }).catch(() => {});
    this.#cleaning = this.#finishCutOff()
      .then(() => this.folder.removeStrangers((names) => log.ask("knownFiles", names)))
      .catch((error) => {
        logger.warn("Cannot clear up {path}: {error}", { path: this.folder.path, error });
      });
  }

  /** Figures as they stand. */
  counts(): MediaCounts {
    return {
      pictures: this.#pictures,
      pictureFailures: this.#pictureFailures,
      clips: this.#clips,
      clipFailures: this.#clipFailures,
    };
  }

  /** Events of this stream may have pictures until what is returned is disposed of. */
  enter(stream: string, media: StreamMedia, { snapshots, clips }: MediaConfig): Disposable {
    const entry = { media, snapshots: new Set(snapshots), clips };
    this.#streams.set(stream, entry);
    return {
      [Symbol.dispose]: () => {
        // The stream that takes its place may be there already.
        if (this.#streams.get(stream) === entry) this.#streams.delete(stream);
      },
    };
  }

  /** Has made what an event wants, and returns the event as it is to be written. */
  prepare(draft: IdentifiedDraft): EventDraft {
    const { snapshot, clip, ...rest } = draft;
    const stream = this.#streams.get(draft.stream);
    const span = this.#clipOf(draft, stream, clip);
    const wantsPicture = stream !== undefined &&
      (snapshot ?? stream.snapshots.has(draft.type));
    if (wantsPicture) {
      const making = this.#givePicture(draft, stream).finally(() => this.#pending.delete(draft.id));
      this.#pending.set(draft.id, making);
    }
    return { ...rest, ...(wantsPicture && { snapshot: true }), ...(span && { clip: span }) };
  }

  /** Where a file of an event is; null when it has none. */
  async path(id: string, kind: MediaKind): Promise<string | null> {
    const file = await this.#log.ask("fileOf", id, kind);
    return file && this.folder.pathOf(file.name);
  }

  /** Whether an event will have a clip. */
  async isAwaited(id: string): Promise<boolean> {
    await this.#known;
    return this.#awaited.has(id);
  }

  /** Whether the picture of an event is being made, or waits for its turn. */
  isPending(id: string): boolean {
    return this.#pending.has(id);
  }

  /** The picture of an event as it was taken; null when it has none. */
  async picture(id: string): Promise<Uint8Array<ArrayBuffer> | null> {
    // It may just be made.
    await this.#pending.get(id);
    const path = await this.path(id, "snapshot");
    return path === null ? null : await Deno.readFile(path).catch(() => null);
  }

  /**
   * The picture of an event as it was asked for; null when it has none.
   * @throws {Error} when it cannot be made just now
   */
  async snapshot(
    event: SightlineEvent,
    look: SnapshotLook,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const jpeg = await this.picture(event.id);
    // As it is, no ffmpeg is waited for.
    if (jpeg === null || lookFilters(boxOf(event), look).length === 0) return jpeg;
    return await this.#looks.run((signal) =>
      renderSnapshot(jpeg, event, look, { guard: this.#guard, signal })
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    const all = () => Promise.all([...this.#pending.values(), ...this.#pendingClips]);
    await Promise.race([promise, all()]);
    clearTimeout(timer);
    this.queue.close();
    this.clipQueue.close();
    this.#looks.close();
    this.#end.abort();
    await all();
    await this.#cleaning;
    // What could not be made in time is at the next start.
    await this.folder.removeSpools(async (path) => (await unfinishedClips(path)).length > 0);
    for (const report of Object.values(this.#lost)) report[Symbol.dispose]();
  }

  async #givePicture(draft: IdentifiedDraft, { media }: PicturedStream): Promise<void> {
    try {
      const file = await media.picture(bestFrameOf(draft), Date.parse(draft.at));
      if (await this.#addFile(draft.id, "snapshot", file)) this.#pictures++;
    } catch (error) {
      this.#pictureFailures++;
      this.#tell("picture", error);
    }
  }

  /** The clip that the event has: the one of what it ends, or one of its own; undefined = none. */
  #clipOf(
    draft: IdentifiedDraft,
    stream: PicturedStream | undefined,
    wish: ClipSpan | undefined,
  ): ClipSpan | undefined {
    const { id, type, sequence, opens, closes } = draft;
    const atMs = Date.parse(draft.at);
    const ending = closes && this.#openClips.get(closes.key);
    if (ending) {
      this.#openClips.delete(closes.key);
      ending.ids.push(id);
      this.#awaited.add(id);
      ending.clip.end(sequence, atMs);
      return ending.span;
    }
    const ofType = stream?.clips?.types.includes(type) ? stream.clips : undefined;
    const span = wish ?? ofType;
    if (stream === undefined || span === undefined) return undefined;
    const { before_s, after_s } = span;
    const ids = [id];
    try {
      const clip = stream.media.clip(sequence, atMs, {
        ids,
        beforeMs: before_s * 1000,
        afterMs: after_s * 1000,
        mostMs: (stream.clips?.max_s ?? longestClipS) * 1000,
        hiddenRows: stream.clips?.hidden === "encode" ? stream.clips.hidden_height : null,
      });
      const open: OpenClip = { clip, span: { before_s, after_s }, ids };
      if (opens === undefined) clip.end(sequence, atMs);
      else this.#openClips.set(opens.key, open);
      this.#awaited.add(id);
      const giving: Promise<void> = this.#giveClip(open, opens?.key)
        .finally(() => this.#pendingClips.delete(giving));
      this.#pendingClips.add(giving);
      return open.span;
    } catch (error) {
      this.#clipFailures++;
      this.#tell("clip", error);
      return undefined;
    }
  }

  /** Makes what a kill cut off, one after the other, whatever else is to be made. */
  async #finishCutOff(): Promise<void> {
    const { folder } = this;
    const { signal } = this.#end;
    for (const clip of await this.#cutOff) {
      try {
        const files = await finishCutOff(clip, { folder, guard: this.#guard, signal });
        await this.#addClip(clip.ids, files);
      } catch (error) {
        // The next Sightline makes it.
        if (signal.aborted) return;
        this.#clipFailures++;
        this.#tell("clip", error);
      }
      await clip.forget();
      for (const id of clip.ids) this.#awaited.delete(id);
    }
    for (const spool of await folder.leftSpools()) await folder.removeSpool(spool);
  }

  async #addClip(ids: readonly string[], { clip, boxes }: ClipFiles): Promise<void> {
    const give = (kind: MediaKind, file: KeptFile) =>
      Promise.allSettled(ids.map((id) => this.#addFile(id, kind, file)));
    const [, clips] = await Promise.all([give("boxes", boxes), give("clip", clip)]);
    for (const given of clips) {
      if (given.status === "rejected") throw given.reason;
      if (given.value) this.#clips++;
    }
  }

  /** Gives a file to an event; false when the event is gone. What no event has goes at once. */
  async #addFile(id: string, kind: MediaKind, file: KeptFile): Promise<boolean> {
    const { name } = file;
    this.#adding.set(name, (this.#adding.get(name) ?? 0) + 1);
    let isTaken = false;
    try {
      return isTaken = await this.#log.addFile(id, kind, file);
    } finally {
      const left = this.#adding.get(name)! - 1;
      if (left > 0) this.#adding.set(name, left);
      else this.#adding.delete(name);
      if (!isTaken && left === 0) await this.#removeUnknown(name);
    }
  }

  async #removeUnknown(name: string): Promise<void> {
    // What cannot be asked for is removed at the next start.
    const known = await this.#log.ask("knownFiles", [name]).catch(() => [name]);
    if (known.length === 0) await this.folder.remove(name);
  }

  async #giveClip(open: OpenClip, key: string | undefined): Promise<void> {
    try {
      await this.#addClip(open.ids, await open.clip.files);
    } catch (error) {
      this.#clipFailures++;
      this.#tell("clip", error);
    } finally {
      for (const id of open.ids) this.#awaited.delete(id);
      // What goes on for longer than a clip may has no further one at its end.
      if (key !== undefined && this.#openClips.get(key) === open) this.#openClips.delete(key);
    }
  }

  #tell(what: "picture" | "clip", error: unknown): void {
    // At the end they are given up.
    if (!this.queue.isClosed) this.#lost[what].add(error);
  }
}

/** The frame that shows best what an event is about: of an object, not the newest one. */
function bestFrameOf({ sequence, data }: EventDraft): number | null {
  const { best } = (data ?? {}) as { readonly best?: { readonly sequence?: unknown } };
  return typeof best?.sequence === "number" ? best.sequence : sequence;
}
