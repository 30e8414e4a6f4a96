/**
 * Every measurement, one after the other, as one table and one JSON file. Nothing else should run on
 * the machine meanwhile.
 *
 *   deno task bench all [--only floor,age] [--quick] [--soak_minutes 30] [--json FILE]
 *
 * `--quick` tries the whole of it in a few minutes; its figures are worth little.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import { headlines, type Measurement } from "./headlines.ts";
import { table } from "./sample.ts";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    soak_minutes: { type: "string", default: "30" },
    json: { type: "string" },
  },
});

const soakMinutes = flags.quick ? "1" : flags.soak_minutes;
const floorLength = flags.quick
  ? ["--passes", "1", "--seconds", "5", "--sightline_warmup_seconds", "10"]
  : [];
const ageLength = flags.quick ? ["--seconds", "6", "--warmup_seconds", "5"] : [];
/** Name, script and arguments of each measurement. */
const plan: readonly (readonly [string, string, readonly string[]])[] = [
  ["floor", "floor.ts", floorLength],
  ["floor16", "floor.ts", ["--streams", "16", "--fps", "5", ...floorLength]],
  ["unpaced", "unpaced.ts", flags.quick ? ["--passes", "1", "--repeat", "1"] : []],
  ["age", "age.ts", ageLength],
  // Of 4 Mbit/s, sixteen cameras fill two cores, and ages tell of nothing else.
  ["age16", "age.ts", ["--streams", "16", "--fps", "5", "--mbit_per_s", "1", ...ageLength]],
  ["scale", "scale.ts", flags.quick ? ["--from", "2", "--to", "4", "--seconds", "3"] : []],
  ["recovery", "recovery.ts", flags.quick ? ["--repeat", "1"] : []],
  ["soak", "soak.ts", ["--minutes", soakMinutes]],
];
const only = flags.only?.split(",");
const unknown = only?.filter((name) => !plan.some(([known]) => known === name)) ?? [];
if (unknown.length > 0) {
  print(`Cannot measure ${unknown.join(", ")}: there are ${plan.map(([name]) => name).join(", ")}`);
  Deno.exit(2);
}

const measurements: Measurement[] = [];
for (const [name, script, args] of plan) {
  if (only !== undefined && !only.includes(name)) continue;
  print(`${name}: deno run -A bench/${script} ${args.join(" ")}`);
  const startMs = performance.now();
  const report = await measure(script, args);
  measurements.push({ name, command: `bench/${script} ${args.join(" ")}`.trim(), report });
  print(`${name}: ${report === null ? "failed" : "done"} after ${seconds(startMs)} s`);
}

const machine = await describeMachine();
if (flags.json !== undefined) {
  await Deno.writeTextFile(flags.json, JSON.stringify({ machine, measurements }, null, 2) + "\n");
}
await Deno.stdout.write(new TextEncoder().encode(
  [
    `${machine.date}, ${machine.cores} cores ${machine.arch}, Linux ${machine.kernel}, ` +
    `Deno ${machine.deno}, ffmpeg ${machine.ffmpeg}`,
    "",
    table([["what", "figure", "aim", ""], ...headlines(measurements)]),
    "",
  ].join("\n"),
));
Deno.exit(measurements.every(({ report }) => report !== null) ? 0 : 1);

/** What the script reports; null when it did not get that far. */
async function measure(script: string, args: readonly string[]): Promise<unknown> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", path, ...args, "--json"],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  try {
    return JSON.parse(new TextDecoder().decode(stdout));
  } catch {
    return null;
  }
}

function print(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(0);
}
