/** What is kept of one camera to make pictures of events, and the making of them. */

import type { KeptFile } from "../events/media_table.ts";
import type { Analysis } from "../frame/analysis.ts";
import type { Display, PacketTap } from "../frame/camera_packet.ts";
import type { FrameInfo } from "../frame/frame.ts";
import type { ChildGuard } from "../process_guard.ts";
import type { DrawStream } from "../use_case/host.ts";
import type { Picture } from "../use_case/use_case.ts";
import { ClipRecorder, refuseHidden } from "./clip_recorder.ts";
import type { ClipFiles } from "./keep_clip.ts";
import type { FramesByStream } from "./clip_group.ts";
import { FrameBook, type NotedFrame } from "./frame_book.ts";
import { GroupPictures } from "./group_pictures.ts";
import { makeDrawnSnapshot } from "./make_snapshot.ts";
import type { StreamNote } from "./hide_between.ts";
import type { MediaFolder } from "./media_folder.ts";
import { PacketRing, type PictureGroup } from "./packet_ring.ts";
import type { PictureQueue } from "./picture_queue.ts";

/** Settings of a {@link CameraMedia}. */
export interface CameraMediaOptions {
  readonly ring: { readonly seconds: number; readonly megabytes: number };
  readonly guard: ChildGuard;
  /** Megabytes that an ffmpeg may allocate. */
  readonly memoryMb: number;
  readonly folder: MediaFolder;
  readonly queue: PictureQueue;
  /** The same for clips, which take longer. */
  readonly clipQueue: PictureQueue;
  /** Streams whose use case draws, and may hide what a picture of the camera shows. */
  mustDraw(): readonly string[];
  /** Has the use case of a stream draw into a picture. */
  readonly draw: DrawStream;
  /** A monotonic clock in milliseconds. @default {performance.now} */
  readonly now?: () => number;
}

/** A stream of the camera. */
export interface MediaStream {
  readonly stream: string;
  /** Its events will have pictures, or clips. */
  readonly wantsPictures: boolean;
  /** Clips begin so long before what they show. */
  readonly clipBeforeMs: number;
  /** Frames that show the objects best which are there now, by their number in the stream. */
  best(): Iterable<number>;
}

/** What a stream does with its camera's packets. */
export interface StreamMedia extends Disposable {
  /** Takes note of a frame that was analysed. `stampMs` is the source's own time stamp. */
  note(frame: FrameInfo, stampMs: number, analysis: Analysis): void;
  /** How far such a frame is behind its key frame, in milliseconds; 0 = that is not known. */
  sinceKeyMs(stampMs: number): number;
  /**
   * The picture of a frame by its number; null = of the one that was captured nearest to a moment.
   * @throws {Error} when it cannot be made
   */
  picture(sequence: number | null, atMs: number): Promise<KeptFile>;
  /** Begins a clip around such a frame. @throws {Error} when there can be none */
  clip(sequence: number | null, atMs: number, span: ClipRange): StreamClip;
}

/** Whose clip, and how long it is in milliseconds. */
export interface ClipRange {
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly mostMs: number;
  /** Rows at most where something is hidden, and it is encoded anew; null = it is refused. */
  readonly hiddenRows: number | null;
  /** Events that have it; its end may bring another. */
  readonly ids: readonly string[];
}

/** A clip that goes on. */
export interface StreamClip {
  /** Ends it after a frame. */
  end(sequence: number | null, atMs: number): void;
  readonly files: Promise<ClipFiles>;
}

interface EventPicture {
  readonly frame: NotedFrame;
  readonly file: Promise<KeptFile>;
  /** An event has it. */
  isUsed: boolean;
}

interface OpenStream extends MediaStream {
  wantsPictures: boolean;
  /** As much as any of its events has asked for. */
  clipBeforeMs: number;
  readonly book: FrameBook;
  /** By the number of the frame: its packets are gone, and it may be asked for yet. */
  readonly taken: Map<number, EventPicture>;
}

/** Until an event asks for the first picture, so many seconds are enough. */
const idleSeconds = 2;
/** A picture whose packet has come is here as a whole when the next one begins, or after so long. */
const wholeMs = 250;
/** Results come after their packets. */
const lateMs = 3000;

/** The packets of a camera's last seconds, what its streams said of them, and pictures of both. */
export class CameraMedia implements AsyncDisposable {
  readonly #options: CameraMediaOptions;
  readonly #ring: PacketRing;
  readonly #clips: ClipRecorder;
  readonly #together: GroupPictures;
  readonly #streams = new Set<OpenStream>();
  /** Made or being made, as long as they may be asked for. */
  readonly #pictures = new Map<string, EventPicture>();
  readonly #now: () => number;
  #display: Display | null = null;

  constructor(options: CameraMediaOptions) {
    this.#options = options;
    const { ring, now = () => performance.now() } = options;
    this.#now = now;
    this.#ring = new PacketRing(() => ({
      seconds: this.#seconds(),
      bytes: ring.megabytes * 1e6,
    }), (group) => this.#beforeItLeaves(group));
    this.#together = new GroupPictures(options.folder, options.queue);
    this.#clips = new ClipRecorder({
      ...options,
      ring: this.#ring,
      queue: options.clipQueue,
      frames: (run, fromMs, toMs) => this.#frames(run, fromMs, toMs),
      notes: (run, fromMs, toMs) => this.#notes(run, fromMs, toMs),
      display: () => this.#display,
    });
  }

  /** Takes the camera's packets from the source. */
  readonly tap: PacketTap = {
    begin: () => {
      this.#ring.begin();
      this.#display = null;
    },
    describe: (parameters) => this.#ring.describe(parameters),
    show: (display) => void (this.#display = display),
    write: (packet) => {
      this.#ring.push(packet, this.#now());
      this.#clips.keepUp();
    },
  };

  /** Bytes of the packets that are kept. */
  get ringBytes(): number {
    return this.#ring.bytes;
  }

  /** A stream of this camera begins. */
  enter(options: MediaStream): StreamMedia {
    const stream: OpenStream = { ...options, book: new FrameBook(), taken: new Map() };
    this.#streams.add(stream);
    return {
      note: ({ sequence, capturedAtMs }, stampMs, told) => {
        const { run } = this.#ring;
        const { detections = [] } = told;
        const analysis = this.#options.mustDraw().includes(stream.stream) ? told : null;
        stream.book.note(
          { sequence, run, stampMs, capturedAtMs, detections, analysis },
          capturedAtMs - this.#ring.reachMs(this.#now()) - lateMs,
        );
      },
      sinceKeyMs: (stampMs) => {
        const [group] = this.#ring.from(stampMs);
        return group === undefined ? 0 : Math.max(0, stampMs - group.startMs);
      },
      picture: (sequence, atMs) => this.#pictureOf(stream, sequence, atMs),
      clip: (sequence, atMs, span) => this.#clipOf(stream, sequence, atMs, span),
      [Symbol.dispose]: () => {
        this.#streams.delete(stream);
        this.#forget();
      },
    };
  }

  /** Removes what no event has. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Clips that go on end with what there is.
    this.#ring.end();
    await this.#clips.end();
    this.#streams.clear();
    const pictures = [...this.#pictures.values()];
    this.#pictures.clear();
    await Promise.all(pictures.map((picture) => this.#discard(picture)));
  }

  async #pictureOf(
    stream: OpenStream,
    sequence: number | null,
    atMs: number,
  ): Promise<KeptFile> {
    stream.wantsPictures = true;
    const known = sequence === null ? undefined : stream.taken.get(sequence);
    const frame = sequence === null
      ? stream.book.nearest(atMs)
      : known?.frame ?? stream.book.bySequence(sequence);
    if (frame === null) throw new Error("Cannot make a picture: its frame is not known any more");
    const picture = known ?? this.#make(frame, null);
    picture.isUsed = true;
    return await picture.file;
  }

  #clipOf(
    stream: OpenStream,
    sequence: number | null,
    atMs: number,
    { beforeMs, afterMs, mostMs, hiddenRows, ids }: ClipRange,
  ): StreamClip {
    stream.wantsPictures = true;
    // What this one lacks, the next one has.
    stream.clipBeforeMs = Math.max(stream.clipBeforeMs, beforeMs);
    const hiding = this.#options.mustDraw();
    if (hiddenRows === null) refuseHidden(hiding);
    const find = (sequence: number | null, atMs: number) =>
      (sequence === null ? null : stream.book.bySequence(sequence)) ?? stream.book.nearest(atMs);
    const frame = find(sequence, atMs);
    if (frame === null || frame.run !== this.#ring.run) {
      throw new Error("Cannot make a clip: its frame is not known any more");
    }
    const { run } = frame;
    const fromMs = frame.stampMs - beforeMs;
    const running = this.#clips.record({
      stream: stream.stream,
      run,
      fromMs,
      latestMs: fromMs + mostMs,
      atMs,
      hiding,
      hiddenRows,
      ids,
    });
    return {
      files: running.files,
      end: (sequence, atMs) => {
        const last = find(sequence, atMs);
        running.end(last?.run === run ? last.stampMs + afterMs : frame.stampMs);
      },
    };
  }

  #seconds(): number {
    const { ring } = this.#options;
    const streams = [...this.#streams];
    if (!streams.some(({ wantsPictures }) => wantsPictures)) {
      return Math.min(idleSeconds, ring.seconds);
    }
    const beforeMs = Math.max(...streams.map(({ clipBeforeMs }) => clipBeforeMs));
    return Math.max(ring.seconds, (beforeMs + lateMs) / 1000);
  }

  #frames(run: number, fromMs: number, toMs: number): FramesByStream {
    return Object.fromEntries(
      [...this.#streams].map(({ stream, book }) => [stream, book.between(run, fromMs, toMs)]),
    );
  }

  /** What is to be hidden on frames from one time to another. */
  #notes(run: number, fromMs: number, toMs: number): StreamNote[] {
    return [...this.#streams].flatMap(({ stream, book }) =>
      book.notesBetween(run, fromMs, toMs).map((note) => ({ stream, ...note }))
    );
  }

  /**
   * What has to be drawn into a picture before it is kept; null = nothing.
   * @throws {Error} when a use case that may hide something has said nothing of this frame
   */
  #drawing({ run, stampMs }: NotedFrame): ((picture: Picture) => Promise<void>) | null {
    const { draw, mustDraw } = this.#options;
    const drawings = mustDraw().map((name) => {
      const stream = [...this.#streams].find(({ stream }) => stream === name);
      const analysis = stream?.book.byStamp(run, stampMs)?.analysis;
      if (analysis) return { name, analysis };
      throw new Error(`Cannot make a picture: ${name} has not said what to hide in it`);
    });
    if (drawings.length === 0) return null;
    return async (picture) => {
      for (const { name, analysis } of drawings) await draw(picture, analysis, name);
    };
  }

  /** `groups`: where its packets are; null = they are looked for in the ring. */
  #make(frame: NotedFrame, groups: readonly PictureGroup[] | null): EventPicture {
    const key = `${frame.run} ${frame.stampMs}`;
    const known = this.#pictures.get(key);
    if (known) return known;
    const use = { isUsed: false };
    const file = this.#take(frame, groups, () => use.isUsed);
    const picture: EventPicture = Object.assign(use, { frame, file });
    this.#pictures.set(key, picture);
    // A later request is told; until then there may be no listener.
    picture.file.catch(() => {});
    return picture;
  }

  async #take(
    frame: NotedFrame,
    given: readonly PictureGroup[] | null,
    isUrgent: () => boolean,
  ): Promise<KeptFile> {
    const { folder, queue, guard, memoryMb } = this.#options;
    const draw = this.#drawing(frame);
    const display = this.#display;
    const groups = given ?? await this.#groupsOf(frame);
    const request = { groups, display, guard, memoryMb };
    if (draw === null) return await this.#together.take({ ...request, frame, isUrgent });
    return await queue.run(async (signal) => {
      const jpeg = await makeDrawnSnapshot({ ...request, signal }, frame.stampMs, draw);
      return await folder.write(folder.newName("jpg", frame.capturedAtMs), jpeg);
    }, isUrgent);
  }

  async #groupsOf({ run, stampMs }: NotedFrame): Promise<readonly PictureGroup[]> {
    await this.#ring.after(stampMs, { mostMs: wholeMs });
    const groups = run === this.#ring.run ? this.#ring.from(stampMs) : [];
    if (groups.length === 0) {
      throw new Error("Cannot make a picture: its packets are gone (ring_s)");
    }
    return groups;
  }

  /** Takes the pictures that will be asked for, while there are packets to make them of. */
  #beforeItLeaves(group: PictureGroup): void {
    const [next] = this.#ring.groups;
    const groups = next && next.run === group.run ? [group, next] : [group];
    const endMs = groups[1]?.startMs ?? Infinity;
    this.#clips.beforeItLeaves(group, endMs);
    for (const stream of this.#streams) {
      for (const sequence of stream.best()) {
        const frame = stream.book.bySequence(sequence);
        if (frame === null || frame.run !== group.run || stream.taken.has(sequence)) continue;
        if (frame.stampMs < group.startMs - 0.5 || frame.stampMs >= endMs - 0.5) continue;
        stream.taken.set(sequence, this.#make(frame, groups));
      }
    }
    this.#forget();
  }

  /** Forgets pictures that can no longer be asked for, and removes those that never were. */
  #forget(): void {
    const wanted = new Set<EventPicture>();
    for (const { taken, best } of this.#streams) {
      const sequences = new Set(best());
      for (const [sequence, picture] of taken) {
        if (sequences.has(sequence)) wanted.add(picture);
        else taken.delete(sequence);
      }
    }
    const oldestMs = this.#ring.groups[0]?.startMs ?? Infinity;
    for (const [key, picture] of this.#pictures) {
      const { run, stampMs } = picture.frame;
      const isInRing = run === this.#ring.run && stampMs >= oldestMs - 0.5;
      if (isInRing || wanted.has(picture)) continue;
      this.#pictures.delete(key);
      void this.#discard(picture);
    }
  }

  async #discard({ file, isUsed }: EventPicture): Promise<void> {
    if (isUsed) return;
    const { name } = await file.catch(() => ({ name: null }));
    if (name !== null) await this.#options.folder.remove(name);
  }
}
