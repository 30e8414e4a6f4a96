/** Whether anything is lost while the program is killed, again and again. */

import type { DeliveryCase } from "../../tests/support/delivery_cases.ts";
import { killWhileDelivering } from "../../tests/support/kill_while_delivering.ts";

/** Rejects for the first kind that lost an event, or its order. */
export async function kill(
  kinds: readonly DeliveryCase[],
  kills: number,
  log: (line: string) => void,
): Promise<void> {
  for (const { name, start, url, read, window } of kinds) {
    await using broker = await start();
    const { written, repeated } = await killWhileDelivering({
      sink: url(broker.port),
      kills,
      received: async () => (await read(broker)).map(({ id }) => id),
      window,
    });
    log(`kill ${name}: ${kills} × SIGKILL, ${written} events, 0 lost, in order, ${repeated} twice`);
  }
}
