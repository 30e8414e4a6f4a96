/** Events as they come, for a browser's EventSource. */

import type { EventLog } from "../../events/event_log.ts";
import type { NumberedEvent, SightlineEvent } from "../../events/event.ts";
import { type EventQuery, fits } from "../../events/event_query.ts";

/** Settings of one feed. */
export interface FeedOptions {
  readonly log: Pick<EventLog, "ask" | "subscribe">;
  readonly query: EventQuery;
  /** Go on behind this event; null = from now on. */
  readonly lastEventId: string | null;
  readonly signal: AbortSignal;
  /** A reader that takes nothing for so long is given up. */
  readonly patienceMs: number;
  /** Called when it is given up: the connection cannot be written to. */
  readonly onStuck: () => void;
}

/** Events that are read at once. */
const pageSize = 200;
/** A line that says nothing, so that proxies keep the connection. */
const keepAliveMs = 15_000;

/**
 * The body of the answer. What comes is only a signal to read on in the log, so that a slow reader
 * costs no memory and misses nothing.
 */
export function eventFeed(options: FeedOptions): ReadableStream<Uint8Array> {
  const { signal, patienceMs, onStuck } = options;
  const iterator = chunks(options)[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let stuck: ReturnType<typeof setTimeout> | undefined;
  const end = () => clearTimeout(stuck);
  signal.addEventListener("abort", end, { once: true });
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      clearTimeout(stuck);
      const { value, done } = await iterator.next();
      if (done) return controller.close();
      stuck = setTimeout(onStuck, patienceMs);
      controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      end();
      await iterator.return?.();
    },
  }, { highWaterMark: 0 });
}

async function* chunks(
  { log, query, lastEventId, signal }: FeedOptions,
): AsyncGenerator<string, void> {
  let wake = Promise.withResolvers<void>();
  using _subscription = log.subscribe(() => wake.resolve());
  const onAbort = () => wake.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  let seq = await beginning(log, lastEventId);
  // A comment first: a client that waits for the answer's head sees that it has begun.
  yield seq === null ? ": begun\n\nevent: gap\ndata: {}\n\n" : ": begun\n\n";
  seq ??= await newest(log);
  while (!signal.aborted) {
    wake = Promise.withResolvers();
    const page: NumberedEvent[] = await log.ask("after", seq, pageSize);
    const told = page.filter(({ event }) => fits(event, query)).map(({ event }) => toText(event));
    seq = page.at(-1)?.seq ?? seq;
    if (told.length > 0) yield told.join("");
    if (page.length > 0) continue;
    const timer = setTimeout(wake.resolve, keepAliveMs);
    await wake.promise;
    clearTimeout(timer);
    if (signal.aborted) return;
    // Either something was written, which the next turn reads, or it is time for a sign of life.
    yield ": \n\n";
  }
}

/** Null when the event is not known, or no longer. */
async function beginning(log: FeedOptions["log"], id: string | null): Promise<number | null> {
  return id === null ? await newest(log) : await log.ask("seqOf", id);
}

async function newest(log: FeedOptions["log"]): Promise<number> {
  return await log.ask("lastSeq");
}

/** JSON has no line breaks, so an event is one line of data. */
function toText(event: SightlineEvent): string {
  return `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
}
