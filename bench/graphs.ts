/**
 * Graphs asked in streams, against the stand-in, with one camera of 640×360 at 25 frames a second:
 *
 * - `third`: for so many minutes the graph that answers every third frame: the ledger and the memory;
 * - `kills`: how soon results are back after the server was killed;
 * - `arms`: CPU and age of the demo's detector, asked in a stream and by requests, taking turns.
 *
 * Each is left out by a 0 in its place.
 *
 *   deno task bench graphs [--minutes 12] [--kills 20] [--passes 4] [--seconds 40] [--json]
 */
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { withModelServer } from "../tests/support/with_model_server.ts";
import { freePort } from "../tests/support/free_port.ts";
import type { StreamStatus } from "../src/stream/status.ts";
import { describeMachine } from "./machine.ts";
import { processMemory, treeCpuSeconds } from "./process_tree.ts";
import { median, quantile, table } from "./sample.ts";
import { slope } from "./soak/slope.ts";
import { startCameras } from "./streams.ts";
import { startSightline } from "./start.ts";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "12" },
    kills: { type: "string", default: "20" },
    passes: { type: "string", default: "4" },
    seconds: { type: "string", default: "40" },
    json: { type: "boolean", default: false },
  },
});
const shape = { width: 640, height: 360, fps: 25 };
const warmUpMs = 15_000;
/** A long run says on stderr every five minutes how it goes. */
const looksPerLine = 60;
const demo = (name: string) => fileURLToPath(new URL(`../demo/${name}`, import.meta.url));
const useCase = fileURLToPath(new URL("graph_use_case.ts", import.meta.url));

await using server = await withModelServer({
  ...{ modelPath: demo("person_vehicle_bike.onnx"), flags: ["--graphs", "--stream_model"] },
});
await using cameras = await startCameras(shape, 1);
const report = {
  bench: "graphs",
  machine: await describeMachine(),
  flags,
  arms: await measureArms(),
  kills: Number(flags.kills) > 0 ? await measureKills() : [],
  third: Number(flags.minutes) > 0 ? await measureThird() : null,
};
await Deno.stdout.write(
  new TextEncoder().encode(`${flags.json ? JSON.stringify(report, null, 2) : describe()}\n`),
);

/** Flags for one camera and a model, or graph, of the server. */
function flagsFor(model: string, more: readonly string[]): string[] {
  return [
    ...["--stream_url", cameras.url("cam0"), "--ovms_url", `127.0.0.1:${server.grpcPort}`],
    ...["--model_name", model, ...more],
  ];
}

/** Minutes with the graph that answers every third frame. */
async function measureThird() {
  const port = freePort();
  await using sightline = startSightline(flagsFor("third", [
    ...["--use_case", useCase, "--sink", "stdout", "--visualizer_port", String(port)],
  ]));
  await setTimeout(warmUpMs);
  const startedAtMs = performance.now();
  const points: [number, number][] = [];
  let inexact = 0;
  let last: StreamStatus | undefined;
  while (performance.now() - startedAtMs < Number(flags.minutes) * 60_000) {
    await setTimeout(5_000);
    const answer = await fetch(`http://127.0.0.1:${port}/api/streams`);
    const { streams } = await answer.json() as { streams: [StreamStatus] };
    last = streams[0];
    const { received, processed, dropped, in_flight } = last.frames;
    const settled = Object.values(dropped).reduce((sum, count) => sum + count, processed);
    if (settled + in_flight !== received || in_flight < 0) inexact++;
    const { rssBytes } = await processMemory(sightline.pid);
    points.push([(performance.now() - startedAtMs) / 60_000, rssBytes / 2 ** 20]);
    if (points.length % looksPerLine === 0) {
      const [minute, megabytes] = points.at(-1)!;
      const words = `${minute.toFixed(1)} min: ${megabytes.toFixed(0)} MB, ledger wrong in ` +
        `${inexact} of ${points.length} looks, ` +
        JSON.stringify({ ...last.frames, graph: last.graph });
      await Deno.stderr.write(new TextEncoder().encode(`${words}\n`));
    }
  }
  const megabytes = points.map(([, memory]) => memory);
  // What is warmed up by then is not a leak.
  const later = points.filter(([minute]) => minute > Number(flags.minutes) / 3);
  return {
    looks: points.length,
    inexact,
    frames: last!.frames,
    graph: last!.graph,
    ageMs: last!.age_ms,
    memoryMb: { first: megabytes[0]!, last: megabytes.at(-1)!, most: Math.max(...megabytes) },
    memoryMbPerMinute: slope(later),
  };
}

/** Milliseconds from the server's serving again to the first result. */
async function measureKills() {
  let arrivals: number[] = [];
  await using _sightline = startSightline(
    flagsFor("detect", ["--use_case", useCase, "--sink", "stdout"]),
    () => arrivals.push(performance.now()),
  );
  const arrived = async () => {
    const giveUpAt = performance.now() + 60_000;
    while (arrivals.length === 0) {
      if (performance.now() > giveUpAt) throw new Error("Cannot measure: no result for a minute");
      await setTimeout(5);
    }
  };
  await arrived();
  const backMs: number[] = [];
  for (let kill = 0; kill < Number(flags.kills); kill++) {
    await setTimeout(1000);
    await server.kill();
    await setTimeout(500 + 100 * (kill % 10));
    await server.restart();
    const fromMs = performance.now();
    arrivals = [];
    await arrived();
    backMs.push(arrivals[0]! - fromMs);
  }
  return backMs;
}

interface Arm {
  readonly cpuMsPerFrame: number;
  readonly ageMs: { readonly p50: number; readonly p99: number };
}

/** The same model in a stream and by requests, in turn. */
async function measureArms() {
  const passes: { stream: Arm[]; requests: Arm[] } = { stream: [], requests: [] };
  for (let pass = 0; pass < Number(flags.passes); pass++) {
    const order = ["stream", "requests"] as const;
    for (const name of pass % 2 === 0 ? order : order.toReversed()) {
      passes[name].push(await measureArm(name === "stream" ? "kserve_stream" : "kserve"));
    }
  }
  return passes;
}

async function measureArm(api: string): Promise<Arm> {
  let ages: number[] = [];
  await using sightline = startSightline(
    flagsFor(server.modelName, ["--api", api, "--sink", "stdout"]),
    (line) => ages.push(JSON.parse(line).age_ms),
  );
  await setTimeout(warmUpMs);
  ages = [];
  const before = await treeCpuSeconds(sightline.pid);
  await setTimeout(Number(flags.seconds) * 1000);
  const cpuMs = (await treeCpuSeconds(sightline.pid) - before) * 1000;
  const taken = [...ages];
  return {
    cpuMsPerFrame: cpuMs / taken.length,
    ageMs: { p50: quantile(taken, 0.5), p99: quantile(taken, 0.99) },
  };
}

function describe(): string {
  const { machine, third, kills, arms } = report;
  const row = (name: string, all: readonly Arm[]) => [
    name,
    median(all.map(({ cpuMsPerFrame }) => cpuMsPerFrame)).toFixed(2),
    median(all.map(({ ageMs }) => ageMs.p50)).toFixed(0),
    median(all.map(({ ageMs }) => ageMs.p99)).toFixed(0),
  ];
  const lines = [
    `${machine.date}, ${machine.cores} cores ${machine.arch}, Deno ${machine.deno}, ` +
    `ffmpeg ${machine.ffmpeg}`,
  ];
  if (arms.stream.length > 0) {
    lines.push(
      "",
      table([
        ["the detector", "CPU a frame, ms", "age p50, ms", "age p99, ms"],
        row("in a stream", arms.stream),
        row("by requests", arms.requests),
      ]),
    );
  }
  if (kills.length > 0) {
    lines.push(
      "",
      `server killed ${kills.length} times: first result after ${median(kills).toFixed(0)} ms ` +
        `(median), ${Math.max(...kills).toFixed(0)} ms (worst)`,
    );
  }
  if (third !== null) {
    const { received, processed, dropped } = third.frames;
    const { first, last, most } = third.memoryMb;
    lines.push(
      "",
      `every third frame answered, ${flags.minutes} min: received ${received}, processed ` +
        `${processed}, dropped ${JSON.stringify(dropped)}, ledger wrong in ${third.inexact} of ` +
        `${third.looks} looks, outputs ${JSON.stringify(third.graph)}, age p50 ` +
        `${third.ageMs?.p50} ms, p99 ${third.ageMs?.p99} ms`,
      `memory ${first.toFixed(0)} → ${last.toFixed(0)} MB, most ${most.toFixed(0)}, ` +
        `${third.memoryMbPerMinute.toFixed(2)} MB a minute over the last two thirds`,
    );
  }
  return lines.join("\n");
}
