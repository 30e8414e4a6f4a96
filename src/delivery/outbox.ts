/** One destination's way through the event log: what waits, what is under way, what became of it. */

import type { Logger } from "@logtape/logtape";
import type { NumberedEvent } from "../events/event.ts";
import { unlessAborted } from "../unless_aborted.ts";
import { attempt, type AttemptLimits } from "./attempt.ts";
import { DeliveryBooks, type DeliveryBounds } from "./delivery_books.ts";
import { DeliveryLog } from "./delivery_log.ts";
import type { DeliveryState, KeptLetter, LetterChanges } from "./store/delivery_store.ts";
import { DeliveryError, type Destination } from "./destination.ts";
import { type EventFilter, passes } from "./event_filter.ts";
import { type Item, Lanes, toItem } from "./lanes.ts";
import { StateSaver } from "./store/state_saver.ts";

/** Where events are read; the event log is one. */
export interface EventSource {
  /** Those written after a number, in the order of writing; none only where there is none. */
  after(seq: number, limit: number): Promise<readonly NumberedEvent[]>;
  /** The number of the event that was written last. */
  lastSeq(): Promise<number>;
}

/** Where a destination's state is kept. */
export interface OutboxStore {
  load(destination: string): Promise<DeliveryState | null>;
  save(destination: string, state: DeliveryState, changes: LetterChanges): Promise<void>;
  takeLetters(destination: string, options: { alsoTaken: boolean }): Promise<KeptLetter[]>;
  takeEnabled(destination: string): Promise<boolean>;
}

/** An event as it is handed to all outboxes: its JSON is made when the first of them needs it. */
export interface OutgoingEvent extends NumberedEvent {
  readonly json: string;
}

/** Settings of an {@link Outbox}. */
export interface OutboxOptions extends AttemptLimits {
  /** What its state is kept under, and what logs and pages call it. */
  readonly name: string;
  readonly filter: EventFilter;
  readonly bounds: DeliveryBounds;
  /** Milliseconds before each further attempt after a failure; the last one repeats. */
  readonly retryMs: readonly number[];
  readonly log: EventSource;
  readonly store: OutboxStore;
  readonly destination: Destination;
  readonly logger: Logger;
  /** Wall clock in milliseconds, to which events' times belong. @default {Date.now} */
  now?(): number;
}

/** Figures of an {@link Outbox}. */
export interface OutboxCounts extends DeliveryState {
  readonly name: string;
  readonly waiting: number;
  /** Of the oldest that waits; 0 when none does. */
  readonly oldestAgeMs: number;
  /** Attempts that failed, since this process began. */
  readonly failures: number;
}

/** Events read from the log at once. */
const pageSize = 500;

/**
 * Sends each event at least once, and those of one stream in order. Only what is about to be sent is
 * in memory; the rest waits in the event log, and is no more than numbers here.
 */
export class Outbox implements AsyncDisposable {
  readonly name: string;
  readonly #options: OutboxOptions;
  readonly #books: DeliveryBooks;
  readonly #lanes: Lanes;
  readonly #saver: StateSaver;
  readonly #now: () => number;
  readonly #end = new AbortController();
  readonly #log: DeliveryLog;
  #idle: PromiseWithResolvers<void> | null = null;
  #pumping: Promise<void> | null = null;
  #mustPump = false;
  /** True until what was written since the last state is counted. */
  #mustCatchUp = true;
  /** Events came while it was catching up. */
  #hasNews = false;
  #calls = 0;
  #failuresInRow = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;
  /** After a failure one message goes ahead of the others. */
  #isProbing = false;
  #failures = 0;

  private constructor(options: OutboxOptions, books: DeliveryBooks) {
    this.name = options.name;
    this.#options = options;
    this.#books = books;
    this.#now = options.now ?? Date.now;
    this.#log = new DeliveryLog(options.name, options.logger);
    const { order, batch } = options.destination;
    this.#lanes = new Lanes(order, batch);
    this.#saver = new StateSaver({
      state: () => books.state(),
      save: (state, changes) => options.store.save(options.name, state, changes),
      onSaved: () => {
        this.#wake();
        this.#settleIdle();
      },
      onError: (error) => this.#log.storageFailed(error),
      signal: this.#end.signal,
    });
  }

  /** Takes up the state that an earlier process left; a new destination begins with what comes. */
  static async open(options: OutboxOptions): Promise<Outbox> {
    const { name, store, log, bounds } = options;
    // In this order: a letter that is taken changes the state.
    const letters = await store.takeLetters(name, { alsoTaken: true });
    const state = await store.load(name);
    const lastSeq = await log.lastSeq();
    const books = new DeliveryBooks(bounds, state ?? { cursor: lastSeq, head: lastSeq });
    // Another log has begun, whose numbers say nothing of those that are counted.
    if (books.head > lastSeq) books.beginAgain(0);
    const outbox = new Outbox(options, books);
    outbox.#enterLetters(letters);
    return outbox;
  }

  /** Begins to send; from now on each event that is written has to be told to `accept`. */
  begin(): void {
    this.#saver.changed();
    this.#wake();
  }

  /** Figures as they stand: `accepted = delivered + expired + full + refused + waiting`. */
  counts(): OutboxCounts {
    const state = this.#books.state();
    const { oldestAtMs } = state;
    return {
      ...state,
      name: this.name,
      waiting: this.#books.waiting,
      oldestAgeMs: oldestAtMs === null ? 0 : Math.max(0, this.#now() - oldestAtMs),
      failures: this.#failures,
    };
  }

  /** Events were written, in this order. */
  accept(events: readonly OutgoingEvent[]): void {
    if (this.#mustCatchUp) {
      this.#hasNews = true;
      return this.#wake();
    }
    for (const event of events) this.#acceptOne(event);
    this.#saver.changed();
    this.#wake();
  }

  /** What time does: events expire, letters are asked for. Called about once a second. */
  async tick(): Promise<void> {
    const { store, name } = this.#options;
    if (this.#end.signal.aborted) return;
    try {
      const letters = await store.takeLetters(name, { alsoTaken: false });
      this.#books.accepted += letters.length;
      this.#enterLetters(letters);
      if (this.#books.disabled !== null && await store.takeEnabled(name)) {
        this.#books.disabled = null;
        this.#saver.changed();
      }
    } catch (error) {
      this.#log.storageFailed(error);
    }
    this.#wake();
  }

  /** Resolves when nothing waits and everything is saved, or the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isIdle = !this.#mustCatchUp && this.#pumping === null && !this.#saver.isSaving &&
        this.#books.waiting === 0;
      if (isIdle) return;
      this.#idle ??= Promise.withResolvers();
      await unlessAborted(this.#idle.promise, signal).catch(() => undefined);
    }
  }

  /** Gives up what is under way, keeps the state, and lets go of the destination. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new DeliveryError("unavailable", "Sightline ended"));
    clearTimeout(this.#pause);
    this.#settleIdle();
    await this.#pumping;
    this.#saver.changed();
    await this.#saver.flush();
    await this.#options.destination[Symbol.asyncDispose]();
  }

  #acceptOne({ seq, event, json }: OutgoingEvent): void {
    const books = this.#books;
    // The file was exchanged for another, whose numbers begin anew.
    if (seq <= books.head) this.#beginAgain(seq - 1);
    const isNext = books.readTo === books.head;
    books.head = seq;
    if (!passes(event, this.#options.filter)) {
      if (isNext) books.readTo = seq;
      return;
    }
    books.accept(json.length);
    if (isNext && books.hasRoom) {
      books.readTo = seq;
      this.#enter(toItem(seq, null, { event, json }));
    }
  }

  #beginAgain(seq: number): void {
    this.#books.beginAgain(seq);
    this.#log.beganAgain();
  }

  #enterLetters(letters: readonly KeptLetter[]): void {
    for (const { number, event } of letters) {
      this.#enter(toItem(null, number, { event, json: JSON.stringify(event) }));
    }
    if (letters.length > 0) this.#saver.changed();
  }

  #enter(item: Item): void {
    this.#books.enter(item);
    this.#lanes.push(item);
  }

  #wake(): void {
    this.#mustPump = true;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = null;
      this.#settleIdle();
    });
  }

  async #pump(): Promise<void> {
    // A turn later, so that what comes in one burst goes out together.
    await null;
    while (this.#mustPump && !this.#end.signal.aborted) {
      this.#mustPump = false;
      try {
        if (this.#mustCatchUp) await this.#catchUp();
        while (this.#books.readTo < this.#books.head && this.#books.hasRoom) {
          await this.#load();
          this.#trim();
        }
      } catch (error) {
        this.#log.storageFailed(error);
      }
      this.#trim();
      this.#dispatch();
    }
  }

  /** Counts what was written meanwhile. */
  async #catchUp(): Promise<void> {
    const { log } = this.#options;
    while (!this.#end.signal.aborted) {
      this.#hasNews = false;
      const page = await log.after(this.#books.head, pageSize);
      for (const { seq, event } of page) {
        this.#acceptOne({ seq, event, json: JSON.stringify(event) });
      }
      this.#saver.changed();
      if (page.length === 0 && !this.#hasNews) break;
    }
    this.#mustCatchUp = false;
  }

  /** Reads on from what is in memory, up to what is counted. */
  async #load(): Promise<void> {
    const books = this.#books;
    const { head, readTo } = books;
    const page = await this.#options.log.after(readTo, pageSize);
    // Meanwhile another log may have begun.
    if (books.readTo !== readTo) return;
    for (const { seq, event } of page) {
      if (seq > head) break;
      books.readTo = seq;
      if (!passes(event, this.#options.filter)) continue;
      const item = toItem(seq, null, { event, json: JSON.stringify(event) });
      if (books.wasSettled(seq)) books.enter({ ...item, state: "settled" });
      else this.#enter(item);
    }
    if (page.length === 0 || page.at(-1)!.seq >= head) books.readTo = head;
    if (books.readTo !== books.head) return;
    const lost = books.reconcile();
    if (lost > 0) this.#log.lost(lost);
    this.#saver.changed();
  }

  /** Drops what is too old, or too much, the oldest first. */
  #trim(): void {
    if (this.#books.trim(this.#now()) === 0) return;
    this.#saver.changed();
    this.#mustPump = true;
  }

  #dispatch(): void {
    const { destination } = this.#options;
    if (this.#books.disabled !== null || this.#end.signal.aborted) return;
    if (this.#pause !== undefined || this.#isProbing && this.#calls > 0) return;
    const most = this.#isProbing ? 1 : destination.window;
    while (true) {
      const free = most - this.#lanes.underWay - (this.#isProbing ? 0 : this.#saver.unsaved);
      const items = free > 0 ? this.#lanes.take(free) : null;
      if (items === null) return;
      void this.#send(items);
      if (this.#isProbing) return;
    }
  }

  async #send(items: readonly Item[]): Promise<void> {
    this.#calls++;
    const messages = items.map(({ message }) => message);
    const error = await attempt(
      (over) => this.#options.destination.send(messages, over),
      this.#options,
      this.#end.signal,
      () => void (this.#isProbing = true),
    );
    this.#calls--;
    if (this.#end.signal.aborted && error !== null) return this.#lanes.putBack(items);
    switch (error?.failure) {
      case undefined:
        this.#recovered();
        this.#settle(items, "delivered");
        break;
      case "refused":
        this.#recovered();
        if (items.length > 1) this.#lanes.split(items);
        else this.#refuse(items[0]!, error!.message);
        break;
      default:
        this.#lanes.putBack(items);
        this.#failed(error!);
    }
    this.#wake();
  }

  #settle(items: readonly Item[], how: "delivered" | "refused"): void {
    this.#lanes.done(items);
    for (const item of items) this.#books.settle(item, how);
    if (how === "delivered") this.#saver.gone(items.flatMap(({ letter }) => letter ?? []));
    this.#saver.settled(items.length);
  }

  #refuse(item: Item, reason: string): void {
    const { letter, message: { event } } = item;
    if (letter === null) this.#saver.refused({ event, reason });
    else this.#saver.refusedAgain(letter, reason);
    this.#settle([item], "refused");
    this.#log.refused(event.type, reason, this.#books.refused);
  }

  #recovered(): void {
    this.#isProbing = false;
    this.#failuresInRow = 0;
    this.#books.lastError = null;
    this.#log.recovered(this.#books.waiting);
  }

  #failed(error: DeliveryError): void {
    const { message, failure, retryAfterMs } = error;
    this.#failures++;
    this.#isProbing = true;
    this.#books.lastError = message;
    this.#saver.changed();
    if (failure === "disabled") {
      this.#books.disabled = message;
      return this.#log.disabled(error);
    }
    // Calls that were under way together fail together, which is one failure.
    if (this.#pause !== undefined) return;
    this.#failuresInRow++;
    const { retryMs } = this.#options;
    const plainMs = retryMs[Math.min(this.#failuresInRow, retryMs.length) - 1]!;
    const waitMs = retryAfterMs ?? Math.round(plainMs * (0.75 + Math.random() / 2));
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#wake();
    }, waitMs);
    this.#log.failed(error, this.#books.waiting, waitMs);
  }

  #settleIdle(): void {
    this.#idle?.resolve();
    this.#idle = null;
  }
}
