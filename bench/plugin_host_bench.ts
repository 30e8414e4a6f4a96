/**
 * What a frame costs more because its plugin is confined, by `deno bench`: one way after the other.
 * On a machine with other work `bench/plugin_host.ts` tells more, since its arms take turns.
 */

import { openArms } from "./plugin_host/arms.ts";

for (const { group, name, run } of await openArms()) {
  Deno.bench(name, { group, baseline: name === "in place" }, run);
}
