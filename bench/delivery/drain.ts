/** How fast a destination takes what has waited for it. */

import process from "node:process";
import type { DeliveryCase } from "../../tests/support/delivery_cases.ts";
import { withDelivery } from "../../tests/support/with_delivery.ts";

const box = { x: 0.1, y: 0.1, width: 0.2, height: 0.3 };
const about = { zone: "drive", object: { id: 1, label: "person", confidence: 0.9, box } };

/** Of each kind, with a process of its own for the server; of a webhook in several ways. */
export async function drain(
  kinds: readonly DeliveryCase[],
  events: number,
  log: (line: string) => void,
): Promise<void> {
  for (const kind of kinds) {
    const formats = kind.name === "webhook" ? ["standard", "cloudevents_batch"] : [undefined];
    for (const format of formats) {
      for (const streams of [1, 16]) {
        const { perS, cpuUs } = await drainOnce(kind, events, streams, format);
        log(
          `drain ${kind.name}${format === undefined ? "" : ` ${format}`}, ${streams} streams: ` +
            `${Math.round(perS)} a second, ${Math.round(cpuUs)} µs of our CPU an event`,
        );
      }
    }
  }
}

async function drainOnce(
  kind: DeliveryCase,
  events: number,
  streams: number,
  format?: string,
): Promise<{ readonly perS: number; readonly cpuUs: number }> {
  await using broker = await kind.start();
  const names = Array.from({ length: streams }, (_, index) => `camera${index}`);
  const given = { url: kind.url(broker.port), ...format && { format }, retry: ["500ms"] };
  let result = { perS: 0, cpuUs: 0 };
  broker.signal("SIGSTOP");
  await withDelivery(given, async ({ tell, outbox }) => {
    await tell(events, about);
    const cpu = process.cpuUsage();
    const before = outbox.counts().delivered;
    broker.signal("SIGCONT");
    while (outbox.counts().delivered === before) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const beginMs = performance.now();
    const { delivered: first } = outbox.counts();
    await outbox.drain(AbortSignal.timeout(300_000));
    const seconds = (performance.now() - beginMs) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const { delivered } = outbox.counts();
    result = { perS: (delivered - first) / seconds, cpuUs: (user + system) / delivered };
  }, { streams: names });
  return result;
}
