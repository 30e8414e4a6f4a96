/**
 * Delivery, against real servers of every kind: how fast what waited goes out, whether anything is lost
 * while the program is killed or the other side fails, and what ten minutes' outage costs.
 *
 *   deno task bench delivery [drain] [kill] [faults] [outage] [--kinds webhook,mqtt]
 *     [--events 10000] [--kills 20] [--minutes 10]
 */

import { parseArgs } from "node:util";
import { deliveryCases } from "../tests/support/delivery_cases.ts";
import { drain } from "./delivery/drain.ts";
import { faults } from "./delivery/faults.ts";
import { kill } from "./delivery/kill.ts";
import { outage } from "./delivery/outage.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kinds: { type: "string", default: deliveryCases.map(({ name }) => name).join(",") },
    kills: { type: "string", default: "20" },
    minutes: { type: "string", default: "10" },
    events: { type: "string", default: "10000" },
  },
});
// deno-lint-ignore no-console
const log = (line: string) => console.log(line);
const kinds = deliveryCases.filter(({ name, reason }) => {
  const isWanted = values.kinds.split(",").includes(name);
  if (isWanted && reason !== "") log(`${name} is left out${reason}`);
  return isWanted && reason === "";
});

const parts: Readonly<Record<string, () => Promise<void>>> = {
  drain: () => drain(kinds, Number(values.events), log),
  kill: () => kill(kinds, Number(values.kills), log),
  faults: () => faults(kinds, log),
  outage: () => outage(Number(values.minutes), log),
};
for (const [name, run] of Object.entries(parts)) {
  if (positionals.length === 0 || positionals.includes(name)) await run();
}
