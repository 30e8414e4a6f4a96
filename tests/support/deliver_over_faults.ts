/** What becomes of events while their server, the network or the credentials fail. */

import { deepEqual, equal, ok } from "node:assert/strict";
import type { EventDraft } from "../../src/events/event.ts";
import { type DeliveryCase, firstArrivals, type Got, numbersTold } from "./delivery_cases.ts";
import { poll } from "./poll.ts";
import { startTcpProxy } from "./tcp_proxy.ts";
import { withCertificates } from "./with_certificates.ts";
import { withDelivery } from "./with_delivery.ts";
import { withFiles } from "./with_files.ts";

/** Why events did not go, in the words of the log. */
export type FaultReport = Readonly<Record<string, string>>;

const box = { x: 0.1, y: 0.2, width: 0.2, height: 0.4 };
const odd = "Tür/+#*>. $人🚗\n\u0000\ud800\\u0000";
/** What a use case may say of what it sees: characters that mean something to brokers, or nothing. */
const oddEvents: readonly Partial<EventDraft>[] = [
  { type: "a.b *>+#/\u0000", zone: odd },
  { object: { id: 1, label: odd, confidence: 0.9, box }, line: "z".repeat(70_000) },
];

/** Events that are told while a fault lasts. */
const told = 20;

/**
 * One fault after the other: each fails an attempt, and all events go when it is over. Asserts that
 * none is lost, that each stream's order holds, and that few come twice.
 */
export async function deliverOverFaults(kind: DeliveryCase): Promise<FaultReport> {
  const { name, start, url, read, isOnce, window, refusal } = kind;
  const report: Record<string, string> = {};
  await using files = await withCertificates();
  const secured = { password: "right", cert: files.serverCert, key: files.serverKey };
  let advertised = 0;
  await using proxy = startTcpProxy(0);
  advertised = proxy.port;
  await using broker = await start({ secured, advertisedPort: () => advertised });
  proxy.moveTo(broker.port);
  await withFiles({}, async (folder) => {
    const { setting, prefix } = kind.password ?? { setting: "password_file", prefix: "" };
    const setPassword = (password: string) =>
      Deno.writeTextFile(`${folder}/password`, `${prefix}${password}\n`);
    await setPassword("right");
    const given = {
      url: url(proxy.port, true),
      [setting]: `${folder}/password`,
      tls_ca: files.ca,
      timeout_ms: 1500,
      retry: ["0.2s"],
    };
    await withDelivery(given, async ({ tell, drained, outbox }) => {
      /** What a server had that forgets it when it is killed. */
      const kept: Got = [];
      const keep = async () => {
        if (kind.forgets) kept.push(...await read(broker, secured));
      };
      let total = 0;
      /** Tells events while the fault lasts, and waits until one attempt has failed of it. */
      async function fault(what: string, begin: () => unknown, expected: RegExp): Promise<void> {
        await begin();
        const { failures } = outbox.counts();
        await tell(told);
        total += told;
        const isMet = () =>
          outbox.counts().failures > failures && expected.test(outbox.counts().lastError ?? "");
        await poll(`${name}: ${what}`, isMet, 30_000).catch((cause) => {
          throw new Error(`${name}: ${what}: ${JSON.stringify(outbox.counts())}`, { cause });
        });
        report[what] = outbox.counts().lastError!;
      }
      const restart = async (change: Partial<typeof secured>) => {
        await broker.kill();
        Object.assign(secured, change);
        await broker.start();
      };
      for (const event of oddEvents) await tell(1, event);
      await tell(told);
      total += oddEvents.length + told;
      await drained();

      await fault("frozen", () => broker.signal("SIGSTOP"), /./);
      broker.signal("SIGCONT");
      await drained();

      await fault("half-open", () => proxy.silence(), /./);
      await drained();
      await keep();

      const expired = { cert: files.expiredCert, key: files.expiredKey };
      await fault("certificate expired", () => restart(expired), /expired/i);
      await restart({ cert: files.serverCert, key: files.serverKey });
      await drained();
      await keep();

      await fault("password changed", () => restart({ password: "other" }), refusal);
      await setPassword("other");
      await drained();
      let all: Got = [];
      await poll("all is there", async () => {
        all = [...kept, ...await read(broker, secured)];
        return new Set(all.map(({ id }) => id)).size === total;
      }, 20_000);
      deepEqual(firstArrivals(all, "a"), numbersTold(total, 0));
      deepEqual(firstArrivals(all, "b"), numbersTold(total, 1));
      equal(outbox.counts().delivered, total);
      const twice = all.length - total;
      ok(twice <= (isOnce ? 0 : 4 * Math.min(window, told)), `${twice} came twice`);
    });
  });
  return report;
}
