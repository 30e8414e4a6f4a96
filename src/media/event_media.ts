/** The pictures of all events of a Sightline: who gets one, and where it is then. */

import type { Logger } from "@logtape/logtape";
import type { EventDraft, SightlineEvent } from "../events/event.ts";
import type { EventLog } from "../events/event_log.ts";
import type { KeptFile, MediaKind } from "../events/media_table.ts";
import { describeError } from "../log/describe_error.ts";
import { RateLimitedReport } from "../log/rate_limited_report.ts";
import type { StreamMedia } from "./camera_media.ts";
import { MediaFolder } from "./media_folder.ts";
import type { ChildGuard } from "../process_guard.ts";
import { renderSnapshot, type SnapshotLook } from "./render_snapshot.ts";
import { PictureQueue } from "./picture_queue.ts";

/** Settings of {@link EventMedia}. */
export interface EventMediaOptions {
  readonly dataDir: string;
  readonly log: Pick<EventLog, "addFile" | "ask">;
  readonly guard: ChildGuard;
  readonly logger: Logger;
}

/** What became of pictures. */
export interface MediaCounts {
  readonly pictures: number;
  readonly pictureFailures: number;
}

/** The figures where no folder keeps events. */
export const noMedia: MediaCounts = { pictures: 0, pictureFailures: 0 };

/** A stream, as far as its events have pictures. */
interface PicturedStream {
  readonly media: StreamMedia;
  /** Types of events that have one without asking. */
  readonly snapshots: ReadonlySet<string>;
}

/** At the end, pictures that are being made may take so long. */
const graceMs = 500;

/** Gives each event that wants one its picture, after it was written down. */
export class EventMedia implements AsyncDisposable {
  readonly folder: MediaFolder;
  readonly queue = new PictureQueue();
  readonly #log: EventMediaOptions["log"];
  readonly #guard: ChildGuard;
  readonly #streams = new Map<string, PicturedStream>();
  /** By the id of the event. */
  readonly #pending = new Map<string, Promise<void>>();
  readonly #report: RateLimitedReport;
  readonly #cleaning: Promise<void>;
  #pictures = 0;
  #pictureFailures = 0;

  constructor({ dataDir, log, guard, logger }: EventMediaOptions) {
    this.#log = log;
    this.#guard = guard;
    this.folder = new MediaFolder(dataDir);
    this.#report = new RateLimitedReport((count, error) => {
      const times = count > 1 ? ` (${count} times)` : "";
      logger.warn("An event has no picture: {reason}{times}", {
        reason: describeError(error),
        times,
      });
    }, { intervalMs: 10_000 });
    this.#cleaning = this.folder.removeStrangers((names) => log.ask("knownFiles", names))
      .catch((error) => {
        logger.warn("Cannot clear up {path}: {error}", { path: this.folder.path, error });
      });
  }

  /** Figures as they stand. */
  counts(): MediaCounts {
    return { pictures: this.#pictures, pictureFailures: this.#pictureFailures };
  }

  /** Events of this stream may have pictures until what is returned is disposed of. */
  enter(stream: string, media: StreamMedia, snapshots: readonly string[]): Disposable {
    const entry = { media, snapshots: new Set(snapshots) };
    this.#streams.set(stream, entry);
    return {
      [Symbol.dispose]: () => {
        // The stream that takes its place may be there already.
        if (this.#streams.get(stream) === entry) this.#streams.delete(stream);
      },
    };
  }

  /** Has the picture made that an event wants, and returns the event as it is to be written. */
  prepare(draft: EventDraft & { readonly id: string }): EventDraft {
    const stream = this.#streams.get(draft.stream);
    const wants = draft.snapshot ?? stream?.snapshots.has(draft.type);
    if (!wants) return draft;
    if (stream === undefined) {
      const { snapshot: _none, ...rest } = draft;
      return rest;
    }
    const making = this.#give(draft, stream).finally(() => this.#pending.delete(draft.id));
    this.#pending.set(draft.id, making);
    return { ...draft, snapshot: true };
  }

  /** A file of an event, which may just be made; null when it has none. */
  async file(id: string, kind: MediaKind): Promise<KeptFile | null> {
    await this.#pending.get(id);
    return await this.#log.ask("fileOf", id, kind);
  }

  /** The picture of an event as it was taken; null when it has none. */
  async picture(id: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const file = await this.file(id, "snapshot");
    return file && await Deno.readFile(this.folder.pathOf(file.name)).catch(() => null);
  }

  /** The picture of an event as it was asked for; null when it has none. */
  async snapshot(
    event: SightlineEvent,
    look: SnapshotLook,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const jpeg = await this.picture(event.id);
    return jpeg &&
      await this.queue.run((signal) =>
        renderSnapshot(jpeg, event, look, { guard: this.#guard, signal })
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    await Promise.race([promise, Promise.all(this.#pending.values())]);
    clearTimeout(timer);
    this.queue.close();
    await Promise.all(this.#pending.values());
    await this.#cleaning;
    this.#report[Symbol.dispose]();
  }

  async #give(draft: EventDraft & { readonly id: string }, { media }: PicturedStream) {
    try {
      const file = await media.picture(frameOf(draft), Date.parse(draft.at));
      if (await this.#log.addFile(draft.id, "snapshot", file)) this.#pictures++;
    } catch (error) {
      this.#pictureFailures++;
      // At the end they are given up.
      if (!this.queue.isClosed) this.#report.add(error);
    }
  }
}

/** The frame that shows best what an event is about: of an object, not the newest one. */
function frameOf({ sequence, data }: EventDraft): number | null {
  const { best } = (data ?? {}) as { readonly best?: { readonly sequence?: unknown } };
  return typeof best?.sequence === "number" ? best.sequence : sequence;
}
