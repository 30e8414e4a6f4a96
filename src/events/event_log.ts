/** Where events are written down; callers never wait for a disk. */

import type { Logger } from "@logtape/logtape";
import { v7 } from "uuid";
import { pause } from "../backoff.ts";
import type { EventsConfig } from "./settings.ts";
import { type DataDir, takeDataDir } from "./data_dir.ts";
import type { EventDraft, NumberedEvent, SightlineEvent } from "./event.ts";
import type { EventStore } from "./event_store.ts";
import type { StoreArgs, StoreMethod, StoreResult } from "./log_messages.ts";
import { Histogram, latencyBounds } from "../metrics/histogram.ts";
import { EventTally } from "./event_tally.ts";
import { EventStoreError, LogThread } from "./log_thread.ts";
import type { KeptFile, MediaKind } from "./media_table.ts";
import { OngoingError } from "../log/ongoing_error.ts";
import type { Salvaged } from "./salvage.ts";

/** `accepted = written + dropped + waiting`, less what closed nothing. */
export interface EventLogCounts {
  readonly written: number;
  /** More than may wait came while the disk took nothing. */
  readonly dropped: number;
  readonly waiting: number;
  /** Groups that could not be written at the first attempt. */
  readonly failures: number;
}

/** What is measured besides. */
export interface EventLogFigures extends EventLogCounts {
  readonly byType: ReadonlyMap<string, number>;
  /** Objects that are there, by stream. */
  readonly openObjects: ReadonlyMap<string, number>;
  /** Of the file and its write-ahead log; 0 in memory. */
  readonly bytes: number;
  /** Seconds that a group took to be written. */
  readonly writes: Histogram;
}

/** Milliseconds for which the first event of a group waits for others. */
const groupMs = 10;
/** Events of one group: a transaction of so many takes some 10 ms. */
const groupSize = 1000;
/** The same where a larger group could not be written: a full disk may have room for a few. */
const smallGroup = 50;
/** Events that may wait while the disk takes none, and how many of them one stream may have. */
const mostWaiting = 20_000;
const mostOfStream = 5000;
const retryMs = 1000;
const inMemory = 1000;
const dayMs = 86_400_000;
const retentionEveryMs = 10_000;
/** Events removed at once, so that none that comes waits for long. */
const bite = 200;

/** Asked in the order in which it was asked. */
interface StoreThread extends AsyncDisposable {
  ask<M extends StoreMethod>(method: M, ...args: StoreArgs<M>): Promise<StoreResult<M>>;
}

/** The event log of one Sightline. */
export class EventLog implements AsyncDisposable {
  /** What ended what an earlier Sightline had left open. */
  readonly closedAtStart: readonly SightlineEvent[];
  readonly #config: EventsConfig;
  readonly #streams: readonly string[];
  readonly #logger: Logger;
  readonly #folder: DataDir | null;
  readonly #writer: StoreThread;
  readonly #listeners = new Set<(events: readonly NumberedEvent[]) => void>();
  #reader: Promise<StoreThread> | null = null;
  #waiting: EventDraft[] = [];
  readonly #waitingOf = new Map<string, number>();
  readonly #tally = new EventTally();
  readonly #writes = new Histogram(latencyBounds);
  #underWay = 0;
  #groupSize = groupSize;
  #written = 0;
  #dropped = 0;
  #failures = 0;
  #groupTimer: ReturnType<typeof setTimeout> | undefined;
  #retentionTimer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | null = null;
  readonly #end = new AbortController();
  readonly #failure = new OngoingError();

  private constructor(
    config: EventsConfig,
    streams: readonly string[],
    logger: Logger,
    folder: DataDir | null,
    writer: StoreThread,
    closed: readonly NumberedEvent[] = [],
  ) {
    this.#config = config;
    this.#streams = streams;
    this.#logger = logger;
    this.#folder = folder;
    this.#writer = writer;
    this.closedAtStart = closed.map(({ event }) => event);
    this.#tally.note(this.closedAtStart);
  }

  /**
   * Opens the log, and closes what an earlier Sightline left open. `streams`: names of those there
   * are; what was open on another is closed.
   * @throws {Error} when the folder is in use, or cannot be written
   * @throws {EventStoreError} when a newer Sightline wrote the log
   */
  static async open(
    config: EventsConfig,
    streams: readonly string[],
    logger: Logger,
  ): Promise<EventLog> {
    const { dataDir } = config;
    if (dataDir === null) {
      logger.info("Events are kept in memory only, the last {inMemory}: set --data_dir", {
        inMemory,
      });
      return new EventLog(config, streams, logger, null, new MemoryThread());
    }
    await using opened = new AsyncDisposableStack();
    const folder = opened.use(await takeDataDir(dataDir));
    const { thread, salvaged } = await LogThread.open(`${dataDir}/events.db`);
    opened.use(thread);
    if (salvaged !== null) tellReplaced(logger, salvaged);
    thread.onReplaced = (salvaged) => tellReplaced(logger, salvaged);
    const closed = await thread.ask("closeAll", "restart", new Date().toISOString(), streams);
    const log = new EventLog(config, streams, logger, folder, thread, closed);
    thread.onReplaced = (salvaged) => log.#onReplaced(salvaged);
    log.#scheduleRetention(0);
    opened.move();
    return log;
  }

  /** Looks at each event before it is written down, and returns it as it is to be written. */
  prepare: (draft: EventDraft & { readonly id: string }) => EventDraft = (draft) => draft;

  /** Figures as they stand. */
  counts(): EventLogCounts {
    return {
      written: this.#written,
      dropped: this.#dropped,
      waiting: this.#waiting.length + this.#underWay,
      failures: this.#failures,
    };
  }

  /** The same, with what takes a look at the disk. */
  figures(): EventLogFigures {
    return {
      ...this.counts(),
      byType: this.#tally.types,
      openObjects: this.#tally.openObjects(),
      bytes: this.#folder === null ? 0 : sizeOf(`${this.#folder.path}/events.db`) +
        sizeOf(`${this.#folder.path}/events.db-wal`),
      writes: this.#writes,
    };
  }

  /** Takes an event, and writes it down within some 20 ms where the disk does; false when it is lost. */
  append(draft: EventDraft): boolean {
    const ofStream = this.#waitingOf.get(draft.stream) ?? 0;
    // One that floods must not cost the others theirs.
    if (ofStream >= mostOfStream) {
      this.drop(1);
      return false;
    }
    if (this.#waiting.length >= mostWaiting) {
      this.#noteGone(this.#waiting.splice(0, 1));
      this.drop(1);
    }
    this.#waiting.push(this.prepare({ id: v7(), ...draft }));
    this.#waitingOf.set(draft.stream, ofStream + 1);
    this.#groupTimer ??= setTimeout(() => void this.flush(), groupMs);
    return true;
  }

  /** So many were not even taken. */
  drop(count: number): void {
    this.#dropped += count;
  }

  /** Gives a file to an event that was taken before; false when there is no such event. */
  async addFile(id: string, kind: MediaKind, file: KeptFile): Promise<boolean> {
    await this.flush();
    return await this.#writer.ask("addFile", id, kind, file);
  }

  /** The first of `count` numbers that were never set aside before under this name. */
  async reserve(name: string, count: number): Promise<number> {
    return await this.#writer.ask("reserve", name, count);
  }

  /** A stream is no more: what is open on it ends. */
  async closeStream(stream: string): Promise<void> {
    await this.flush();
    const at = new Date().toISOString();
    this.#tell(await this.#writer.ask("closeStream", stream, "removed", at));
    this.#tally.forget(stream);
  }

  /** Resolves when what was taken before is written, or could not be. */
  async flush(): Promise<void> {
    clearTimeout(this.#groupTimer);
    await (this.#writing ??= this.#writeAll().finally(() => this.#writing = null));
  }

  /** Asks what was written; a question may take as long as it likes, nothing waits for it. */
  async ask<M extends StoreMethod>(method: M, ...args: StoreArgs<M>): Promise<StoreResult<M>> {
    if (this.#folder === null) return await this.#writer.ask(method, ...args);
    this.#reader ??= LogThread.open(`${this.#folder.path}/events.db`, { readOnly: true })
      .then(({ thread }) => thread);
    const reader = this.#reader;
    try {
      return await (await reader).ask(method, ...args);
    } catch (error) {
      if (!(error instanceof EventStoreError)) throw error;
      // Damage is mended by who writes; where there is none, the file was exchanged meanwhile.
      if (this.#reader === reader) this.#forgetReader();
      return await this.#writer.ask(method, ...args);
    }
  }

  /** Calls back with all events from now on, as they are written. */
  subscribe(listener: (events: readonly NumberedEvent[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Writes what waits, and closes what is open; what was written can still be asked for. */
  async close(): Promise<void> {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    clearTimeout(this.#retentionTimer);
    await this.flush();
    try {
      const at = new Date().toISOString();
      this.#tell(await this.#writer.ask("closeAll", "stop", at, this.#streams));
    } catch (error) {
      this.#logger.error("{message}", { message: (error as Error).message });
    }
  }

  /** Closes what is open, writes what waits, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    const logger = this.#logger;
    this.#dropped += this.#waiting.splice(0).length;
    if (this.#dropped > 0) logger.error("{lost} events were lost", { lost: this.#dropped });
    await (await this.#reader?.catch(() => null))?.[Symbol.asyncDispose]();
    await this.#writer[Symbol.asyncDispose]();
    this.#folder?.[Symbol.dispose]();
  }

  /** Group after group, until nothing waits; gives up only when the log is closed. */
  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#groupSize);
      this.#underWay = group.length;
      const error = await this.#writeGroup(group);
      this.#underWay = 0;
      if (error === null) {
        this.#groupSize = Math.min(groupSize, 2 * this.#groupSize);
        this.#noteGone(group);
        continue;
      }
      this.#groupSize = Math.max(smallGroup, Math.floor(this.#groupSize / 4));
      this.#waiting.unshift(...group);
      if (this.#end.signal.aborted) break;
      await pause(retryMs, this.#end.signal);
    }
    this.#groupTimer = undefined;
  }

  /** Resolves to null when it is written. */
  async #writeGroup(group: readonly EventDraft[]): Promise<EventStoreError | null> {
    const logger = this.#logger;
    try {
      const startedAtMs = performance.now();
      const written = await this.#writer.ask("append", group);
      this.#writes.observe((performance.now() - startedAtMs) / 1000);
      const ended = this.#failure.end();
      if (ended !== null) {
        logger.info("Events are written down again after {seconds} s", {
          seconds: ended.seconds.toFixed(1),
        });
      }
      this.#written += group.length;
      this.#tell(written);
      return null;
    } catch (error) {
      if (!(error instanceof EventStoreError)) throw error;
      this.#failures++;
      const line = this.#failure.occurred();
      if (line !== null) {
        const lasts = line === "lasts"
          ? ` (for ${Math.round(this.#failure.span!.seconds)} s now)`
          : "";
        logger.error(
          "Cannot write events down: {message}{lasts}; {waiting} wait, {dropped} are lost",
          {
            message: error.message,
            lasts,
            ...this.counts(),
          },
        );
      }
      return error;
    }
  }

  #onReplaced(salvaged: Salvaged | null): void {
    this.#forgetReader();
    tellReplaced(this.#logger, salvaged);
  }

  #forgetReader(): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.then((thread) => thread[Symbol.asyncDispose]()).catch(() => {});
  }

  #noteGone(drafts: readonly EventDraft[]): void {
    for (const { stream } of drafts) {
      const left = (this.#waitingOf.get(stream) ?? 1) - 1;
      if (left > 0) this.#waitingOf.set(stream, left);
      else this.#waitingOf.delete(stream);
    }
  }

  #tell(written: readonly NumberedEvent[]): void {
    if (written.length === 0) return;
    this.#tally.note(written.map(({ event }) => event));
    for (const listener of this.#listeners) listener(written);
  }

  #scheduleRetention(afterMs: number): void {
    if (this.#end.signal.aborted) return;
    this.#retentionTimer = setTimeout(async () => {
      const more = await this.#retain().catch(() => false);
      this.#scheduleRetention(more ? groupMs : retentionEveryMs);
    }, afterMs);
  }

  /** One bite; whether there may be more. */
  async #retain(): Promise<boolean> {
    const { keepDays, keepDaysByLabel = {}, keepGb } = this.#config;
    const own = new Map(Object.entries(keepDaysByLabel));
    const labels = own.size === 0 ? [undefined] : [null, ...await this.#writer.ask("labels")];
    let removed = 0;
    for (const label of labels) {
      const days = own.get(label ?? "") ?? keepDays;
      removed += await this.#writer.ask("removeBefore", Date.now() - days * dayMs, bite, label);
    }
    if (keepGb !== null && await this.#writer.ask("usedBytes") > keepGb * 1e9) {
      const over = await this.#writer.ask("usedBytes") - keepGb * 1e9;
      removed += await this.#writer.ask("removeOldest", bite, over);
    }
    if (removed > 0 && removed < bite) await this.#writer.ask("shrink");
    return removed >= bite;
  }
}

function tellReplaced(logger: Logger, salvaged: Salvaged | null): void {
  if (salvaged === null) {
    return logger.error("The event log was removed: another one is begun in its place");
  }
  logger.error(
    "The event log was damaged: {events} events were saved, the damaged file is {asidePath}",
    { ...salvaged },
  );
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

/** A log that ends with the process needs no thread: a write takes microseconds. */
class MemoryThread implements StoreThread {
  /** Loaded for the first event: most who only look at pictures never have one. */
  #store: Promise<EventStore> | null = null;

  async ask<M extends StoreMethod>(method: M, ...args: StoreArgs<M>): Promise<StoreResult<M>> {
    this.#store ??= import("./event_store.ts").then(({ EventStore }) => new EventStore(":memory:"));
    const store = await this.#store;
    const value = store[method] as unknown;
    if (typeof value !== "function") return value as StoreResult<M>;
    const result = value.apply(store, args);
    if (method === "append") store.removeOldest(Math.max(0, store.size - inMemory));
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#store)?.[Symbol.dispose]();
  }
}
