/** What becomes of events that wait in an event log that is damaged. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { WebhookReceiver } from "../../tests/support/webhook_receiver.ts";
import { poll } from "../../tests/support/poll.ts";
import { withDelivery } from "../../tests/support/with_delivery.ts";
import { withFiles } from "../../tests/support/with_files.ts";

Deno.test("what can be read of a damaged log is delivered in order, the rest is counted", async () => {
  let isAway = true;
  await using receiver = new WebhookReceiver({
    answer: () => new Response(null, { status: isAway ? 503 : 204 }),
  });
  await withFiles({}, async (dataDir) => {
    const given = { url: receiver.url, retry: ["0.1s"] };
    await withDelivery(given, async ({ tell, outbox }) => {
      await tell(1000);
      await poll("it is away", () => outbox.counts().failures > 0);
    }, { dataDir });
    const path = `${dataDir}/events.db`;
    const { size } = await Deno.stat(path);
    using file = await Deno.open(path, { write: true });
    await file.seek(Math.floor(size / 2), Deno.SeekMode.Start);
    await file.write(crypto.getRandomValues(new Uint8Array(16_384)));
    isAway = false;
    receiver.requests.length = 0;
    await withDelivery(given, async ({ tell, drained, outbox }) => {
      await drained();
      await tell(10);
      await drained();
      const { accepted, delivered, full, waiting } = outbox.counts();
      equal(waiting, 0);
      equal(accepted, delivered + full);
      ok(delivered >= 10);
      const indexes = receiver.events.filter(({ stream, data }) => stream === "a" && data)
        .map(({ data }) => data!["index"] as number);
      // The first ten are told again by the second life, with numbers from 0.
      const old = indexes.slice(0, -5);
      deepEqual(old, old.toSorted((a, b) => a - b));
      deepEqual(indexes.slice(-5), [0, 2, 4, 6, 8]);
    }, { dataDir });
  });
});
