/**
 * What a frame costs more because its plugin is confined, the arms taking turns:
 * `deno task bench plugin_host [FRAMES]`. Prints a Markdown table; other work on the machine moves a
 * median less than an average.
 */

import { openArms } from "./plugin_host/arms.ts";
import { quantile, table } from "./sample.ts";

const frames = Number(Deno.args[0] ?? 1000);
/** Frames of each arm before its first counts. */
const warmup = 100;

const arms = (await openArms()).map((arm) => ({ ...arm, tookMs: [] as number[] }));
for (const { run } of arms) {
  for (let frame = 0; frame < warmup; frame++) await run();
}
for (let frame = 0; frame < frames; frame++) {
  for (const { run, tookMs } of arms) {
    const startedAtMs = performance.now();
    await run();
    tookMs.push(performance.now() - startedAtMs);
  }
}

const shares = [0.1, 0.5, 0.9];
const rows = arms.flatMap(({ group, name, tookMs }) => {
  if (name === "in place") return [];
  const base = arms.find((arm) => arm.group === group && arm.name === "in place")!;
  const over = shares.map((share) => quantile(tookMs, share) - quantile(base.tookMs, share));
  return [[name, group, ...over.map((ms) => ms.toFixed(2))]];
});
await Deno.stdout.write(new TextEncoder().encode(
  table([["host", "plugin", "p10, ms", "median, ms", "p90, ms"], ...rows]) + "\n",
));
Deno.exit(0);
