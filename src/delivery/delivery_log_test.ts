import { deepEqual } from "node:assert/strict";
import { collectLog } from "../../tests/support/log_lines.ts";
import { DeliveryLog } from "./delivery_log.ts";

Deno.test("DeliveryLog tells of storage that fails now and then as of one that lasts", () => {
  using collected = collectLog();
  let nowMs = 0;
  const log = new DeliveryLog("d", collected.logger, () => nowMs);
  const toldAtS: number[] = [];
  const failAt = (second: number) => {
    nowMs = second * 1000;
    const before = collected.messages.length;
    log.storageFailed(new Error("disk is full"));
    if (collected.messages.length > before) toldAtS.push(second);
  };
  for (let second = 0; second < 100; second += 2) failAt(second);
  // Twice as long each time.
  deepEqual(toldAtS, [0, 10, 30, 70]);
  failAt(158);
  deepEqual(toldAtS.at(-1), 158, "after a minute in which it was well");
});
