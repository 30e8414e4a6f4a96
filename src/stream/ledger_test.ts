import { deepEqual, equal } from "node:assert/strict";
import { Ledger } from "./ledger.ts";

Deno.test("Ledger has a place for each frame at every moment", () => {
  const ledger = new Ledger();
  for (let frame = 0; frame < 9; frame++) ledger.receive();
  ledger.process();
  ledger.drop("queue_full");
  for (let count = 0; count < 2; count++) ledger.drop("too_old");
  ledger.drop("skipped");
  ledger.drop("no_answer");
  ledger.drop("error");
  const counts = {
    ...{ received: 9, processed: 1, in_flight: 2 },
    dropped: { queue_full: 1, too_old: 2, skipped: 1, no_answer: 1, error: 1 },
  };
  const taken = ledger.counts();
  deepEqual(taken, counts);
  deepEqual([ledger.received, ledger.droppedTotal], [9, 6]);
  ledger.drop("error");
  deepEqual(taken, counts, "it was taken at one moment");
  equal(ledger.counts().in_flight, 1);
});
