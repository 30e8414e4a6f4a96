/**
 * Many cameras for a long time, with something broken every few seconds: cameras killed, the model
 * server killed, a viewer that does not read, a plugin killed; and the plugin throws by itself.
 *
 *   deno task bench soak [--streams 16] [--minutes 30] [--fault_seconds 10] [--json]
 *
 * Ends with exit code 1 when a promise is broken: exact books, every stream back, memory that grows
 * by at most 1 MB a minute after the warm-up (5 minutes, or a third), nothing leaked.
 */
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import { table } from "./sample.ts";
import { soak } from "./soak/soak.ts";
import { brokenPromises } from "./soak/verdict.ts";

const { values: flags } = parseArgs({
  options: {
    streams: { type: "string", default: "16" },
    minutes: { type: "string", default: "30" },
    fault_seconds: { type: "string", default: "10" },
    json: { type: "boolean", default: false },
  },
});
const minutes = Number(flags.minutes);
const encoder = new TextEncoder();

const result = await soak({
  streams: Number(flags.streams),
  minutes,
  faultEveryMs: Number(flags.fault_seconds) * 1000,
  warmupMinutes: Math.min(5, minutes / 3),
  onProgress: (line) => void Deno.stderr.writeSync(encoder.encode(`${line}\n`)),
});
const broken = brokenPromises(result);
const report = { bench: "soak", machine: await describeMachine(), flags, broken, ...result };
await Deno.stdout.write(
  encoder.encode(`${flags.json ? JSON.stringify(report, null, 2) : describe()}\n`),
);
Deno.exit(broken.length === 0 ? 0 : 1);

function describe(): string {
  const { machine, faults, census, memory } = report;
  const sums: Record<string, number> = {};
  for (const { frames } of report.summaries) {
    for (const [key, count] of Object.entries({ ...frames, ...frames.dropped })) {
      if (typeof count === "number") sums[key] = (sums[key] ?? 0) + count;
    }
  }
  return [
    `${flags.streams} streams for ${flags.minutes} min, ${machine.date}, ${machine.cores} cores ` +
    `${machine.arch}, Deno ${machine.deno}, ffmpeg ${machine.ffmpeg}`,
    "",
    table([["fault", "times"], ...Object.entries(faults).map(([name, n]) => [name, String(n)])]),
    "",
    table([
      ["frames of all streams", "count"],
      ...Object.entries(sums).map(([key, n]) => [key, String(n)]),
    ]),
    "",
    `Memory: ${memory.at(0)?.pssMb.toFixed(0)} MB → ${memory.at(-1)?.pssMb.toFixed(0)} MB, ` +
    `${report.memoryMbPerMinute.toFixed(2)} MB a minute by linear fit`,
    `Open files: ${census.first.files} → ${census.last.files}; ` +
    `processes: ${census.first.processes} → ${census.last.processes}; left behind: ${report.orphans}`,
    ...(broken.length === 0 ? ["Every promise held"] : broken.map((line) => `BROKEN: ${line}`)),
  ].join("\n");
}
