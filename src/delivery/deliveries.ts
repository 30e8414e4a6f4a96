/** All destinations of a Sightline, each with an outbox of its own. */

import type { Logger } from "@logtape/logtape";
import { Deadlines } from "../deadlines.ts";
import type { EventLog } from "../events/event_log.ts";
import type { NumberedEvent } from "../events/event.ts";
import { SecretMask } from "../log/secret_mask.ts";
import type { Sink } from "../sink/sink.ts";
import type { DestinationConfig } from "./destination_config.ts";
import type { Destination, DestinationContext } from "./destination.ts";
import { openDestination } from "./open_destination.ts";
import { type EventSource, Outbox, type OutboxCounts, type OutgoingEvent } from "./outbox.ts";
import { RecordFeed } from "./record_feed.ts";
import { openMemoryStore, openStoreThread, type StoreThread } from "./store/store_thread.ts";

/** A stream, and where its events go. */
interface DeliveredStream {
  readonly name: string;
  readonly destinations: readonly DestinationConfig[];
}

/** A destination, and the streams whose sinks name it. */
interface SharedDestination {
  readonly config: DestinationConfig;
  readonly streams: readonly string[];
}

/** Settings of {@link Deliveries}. */
export interface DeliveriesOptions {
  readonly events: EventLog;
  /** The folder of the event log; null = everything is in memory. */
  readonly dataDir: string | null;
  readonly publicUrl: string | null;
  /** The JPEG of an event; null when it has none. */
  readonly picture?: DestinationContext["picture"];
  /** The age of a stream's results; null when it has none. */
  readonly ageMs?: DestinationContext["ageMs"];
  readonly logger: Logger;
  /** Takes secrets out of what destinations say, and is told of theirs. @default {those alone} */
  readonly secrets?: SecretMask;
  /** Told of what takes records; what it returns is disposed of when that is closed. */
  onRecords?(sink: Sink): Disposable;
}

/** What was opened for a destination. */
interface Opened {
  readonly config: DestinationConfig;
  readonly key: string;
  readonly outbox: Outbox;
  /** Null where it takes events only. */
  readonly records: RecordFeed | null;
  readonly owned: AsyncDisposableStack;
}

const tickMs = 1000;
/** Of events that are read from the log at once. */
const pageBytes = 4 << 20;

/** Opens, feeds and closes the destinations. */
export class Deliveries implements AsyncDisposable {
  readonly #options: DeliveriesOptions;
  readonly #secrets: SecretMask;
  readonly #deadlines = new Deadlines();
  readonly #opened = new Map<string, Opened>();
  readonly #source: EventSource;
  readonly #end = new AbortController();
  #store: StoreThread | null = null;
  #subscription: Disposable | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    const { events, secrets = new SecretMask() } = options;
    this.#secrets = secrets;
    this.#source = {
      after: (seq, limit) => events.ask("after", seq, limit, pageBytes),
      lastSeq: () => events.ask("lastSeq"),
    };
  }

  /** Figures of all that are open. */
  counts(): OutboxCounts[] {
    return this.outboxes.map((outbox) => outbox.counts());
  }

  /** Outboxes that are open, in the order in which they were opened. */
  get outboxes(): readonly Outbox[] {
    return [...this.#opened.values()].map(({ outbox }) => outbox);
  }

  /** Takes records for a destination, once and as long as it is open. */
  recordSink(config: DestinationConfig): Sink {
    const feed = () =>
      [...this.#opened.values()].find((opened) => {
        return isCalled(opened.config.name, config.name) && isSame(opened.config, config);
      })?.records;
    const none = {
      accepted: 0,
      written: 0,
      lost: { full: 0, closed: 0, unwritten: 0 },
      waiting: 0,
    };
    return {
      description: config.name,
      counts: () => feed()?.counts() ?? none,
      write: (record, json) => feed()?.write(record, json),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  /**
   * Opens the destinations of these streams, and closes those that none of them names any more.
   * @throws {Error} for what no waiting mends, naming the destination; the others are open then
   */
  async apply(streams: readonly DeliveredStream[]): Promise<void> {
    const wanted = destinationsOf(streams);
    for (const [name, { key, owned }] of this.#opened) {
      if (keyOf(wanted.get(name)) === key) continue;
      this.#opened.delete(name);
      await owned.disposeAsync();
    }
    for (const [name, destination] of wanted) {
      if (!this.#opened.has(name)) await this.#open(destination);
    }
  }

  async #open(shared: SharedDestination): Promise<void> {
    const { config, streams } = shared;
    const { name, settings, filter, bounds, retryMs, timeoutMs } = config;
    const { events, dataDir, logger, publicUrl, picture, ageMs } = this.#options;
    this.#store ??= dataDir === null ? await openMemoryStore() : await this.#openStore(dataDir);
    const { mask } = this.#secrets;
    let destination: Destination;
    try {
      destination = await openDestination(config, this.#secrets, {
        logger,
        streams,
        events,
        publicUrl,
        ...picture && { picture },
        ...ageMs && { ageMs },
        signal: this.#end.signal,
      });
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Cannot open sink ${name}: ${mask(words)}`, { cause });
    }
    if (settings["tls_insecure"] === true) {
      logger.warn(
        "{name} has tls_insecure: any server that answers at its address gets the events",
        {
          name,
        },
      );
    }
    await using owned = new AsyncDisposableStack();
    const records = this.#openRecords(config, destination, mask, owned);
    const named = filter.streams;
    const wanted = streams.filter((stream) => named?.includes(stream) ?? true);
    const outbox = await Outbox.open({
      name,
      filter: { ...filter, streams: config.sendsEvents ? wanted : [] },
      bounds,
      retryMs,
      timeoutMs,
      log: this.#source,
      store: this.#store,
      destination,
      deadlines: this.#deadlines,
      logger,
      mask,
    });
    owned.use(outbox);
    // The outbox closes the destination, so what uses it ends before.
    if (records !== null) owned.use(records);
    this.#opened.set(name, { config, key: keyOf(shared), outbox, records, owned: owned.move() });
    this.#subscription ??= events.subscribe((written) => this.#tell(written));
    this.#timer ??= setInterval(() => this.#tick(), tickMs);
    outbox.begin();
  }

  /** Null where only events are wanted. @throws {Error} when it takes none */
  #openRecords(
    config: DestinationConfig,
    destination: Destination,
    mask: (text: string) => string,
    owned: AsyncDisposableStack,
  ): RecordFeed | null {
    if (!config.sendsRecords) return null;
    const { name, filter, everyMs, timeoutMs } = config;
    if (destination.sendRecords === undefined) {
      throw new Error(`Cannot open sink ${name}: a ${config.kind} takes events only, not records`);
    }
    const records = new RecordFeed({
      name,
      destination: { sendRecords: (lines, signal) => destination.sendRecords!(lines, signal) },
      streams: filter.streams,
      everyMs,
      timeoutMs,
      deadlines: this.#deadlines,
      logger: this.#options.logger,
      mask,
    });
    const entry = this.#options.onRecords?.(records);
    if (entry) owned.use(entry);
    return records;
  }

  async #openStore(dataDir: string): Promise<StoreThread> {
    const store = await openStoreThread(`${dataDir}/deliveries.db`);
    if (store.asidePath !== null) {
      this.#options.logger.error(
        "What was delivered was kept in a damaged file, now {asidePath}; destinations whose state " +
          "could not be read are sent again what the event log has",
        { asidePath: store.asidePath },
      );
    }
    return store;
  }

  /** Resolves when nothing waits, or the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#opened.values()].map(async ({ outbox, records }) => {
      await Promise.all([outbox.drain(signal), records?.drain(signal)]);
    }));
  }

  /** Keeps what was delivered, and lets go of all destinations. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#subscription?.[Symbol.dispose]();
    this.#end.abort();
    await Promise.all([...this.#opened.values()].map(({ owned }) => owned.disposeAsync()));
    await this.#store?.[Symbol.asyncDispose]();
    this.#deadlines[Symbol.dispose]();
  }

  #tell(written: readonly NumberedEvent[]): void {
    const events = written.map(toOutgoing);
    for (const outbox of this.outboxes) outbox.accept(events);
  }

  #tick(): void {
    for (const outbox of this.outboxes) void outbox.tick();
  }
}

/** By name; each knows the streams that name it. */
function destinationsOf(
  streams: readonly DeliveredStream[],
): ReadonlyMap<string, SharedDestination> {
  const found = new Map<string, { config: DestinationConfig; streams: string[] }>();
  for (const { name: stream, destinations } of streams) {
    for (const config of destinations) {
      let { name } = config;
      const isOther = () => found.has(name) && !isSame(found.get(name)!.config, config);
      // The same place with other settings, such as another filter, is a destination of its own.
      for (let count = 2; isOther(); count++) name = `${config.name} (${count})`;
      const known = found.get(name);
      if (known === undefined) found.set(name, { config: { ...config, name }, streams: [stream] });
      else known.streams.push(stream);
    }
  }
  return found;
}

/** Whether it has that name, or that name with a number. */
function isCalled(name: string, base: string): boolean {
  return name === base || name.startsWith(`${base} (`);
}

/** Whether two are the same but for what they are called. */
function isSame(a: DestinationConfig, b: DestinationConfig): boolean {
  return JSON.stringify({ ...a, name: "" }) === JSON.stringify({ ...b, name: "" });
}

function keyOf(shared: SharedDestination | undefined): string {
  return JSON.stringify(shared ?? null);
}

function toOutgoing({ seq, event }: NumberedEvent): OutgoingEvent {
  let json: string | undefined;
  return {
    seq,
    event,
    get json() {
      return json ??= JSON.stringify(event);
    },
  };
}
