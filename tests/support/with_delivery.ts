/** A real event log and real outboxes, in a folder of their own, for as long as a test takes. */

import { ok } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { Deliveries } from "../../src/delivery/deliveries.ts";
import { parseDestination } from "../../src/delivery/destination_config.ts";
import type { Outbox } from "../../src/delivery/outbox.ts";
import type { EventDraft } from "../../src/events/event.ts";
import { EventLog } from "../../src/events/event_log.ts";
import type { Problem } from "../../src/settings/problem.ts";
import { withFiles } from "./with_files.ts";

/** What a test works with. */
export interface TestDelivery {
  readonly events: EventLog;
  readonly outbox: Outbox;
  /** Takes records for it. */
  readonly records: { write(record: { readonly stream: string }, json: string): void };
  readonly directory: string;
  /** Appends events of type `told`, by turns of the given streams; `data.index` counts from 0. */
  tell(count: number, overrides?: Partial<EventDraft>): Promise<void>;
  /** Resolves when nothing waits; rejects with the counts after 20 s. */
  drained(): Promise<void>;
}

/** How a test wants it. */
export interface TestDeliveryOptions {
  /** @default {["a", "b"]} */
  readonly streams?: readonly string[];
  /** A folder that goes on being used; by default one that is removed at the end. */
  readonly dataDir?: string;
  /** The age of a stream's results. */
  readonly ageMs?: (stream: string) => number | null;
  /** The picture of an event. */
  readonly picture?: (eventId: string) => Promise<Uint8Array | null>;
}

/** `given` is what a `sink` would be: a URL, or a map. */
export async function withDelivery(
  given: unknown,
  use: (delivery: TestDelivery) => Promise<void>,
  { streams = ["a", "b"], dataDir, ageMs, picture }: TestDeliveryOptions = {},
): Promise<void> {
  const problems: Problem[] = [];
  const config = parseDestination(given, problems);
  ok(config, JSON.stringify(problems));
  await withFiles({}, async (temporary) => {
    const directory = dataDir ?? temporary;
    const logger = getLogger("delivery");
    await using events = await EventLog.open(
      { dataDir: directory, keepDays: 30, keepGb: null },
      streams,
      logger,
    );
    await using deliveries = new Deliveries({
      events,
      dataDir: directory,
      publicUrl: null,
      ...ageMs && { ageMs },
      ...picture && { picture },
      logger,
    });
    await deliveries.apply(streams.map((name) => ({ name, destinations: [config] })));
    const [outbox] = deliveries.outboxes;
    let index = 0;
    await use({
      events,
      outbox: outbox!,
      records: deliveries.recordSink(config) as unknown as TestDelivery["records"],
      directory,
      async tell(count, overrides = {}) {
        for (let told = 0; told < count; told++) {
          events.append({
            type: "told",
            at: new Date().toISOString(),
            stream: streams[index % streams.length]!,
            use_case: null,
            sequence: null,
            data: { index: index++ },
            ...overrides,
          });
        }
        await events.flush();
      },
      async drained() {
        const patience = AbortSignal.timeout(20_000);
        await outbox!.drain(patience);
        ok(!patience.aborted, `still waiting: ${JSON.stringify(outbox!.counts())}`);
      },
    });
  });
}
