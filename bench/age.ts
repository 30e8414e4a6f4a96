/**
 * How old a result is, over a loopback RTSP connection and with a model server that answers at once:
 * from demux to record, as Sightline says, and in a run of its own from the camera's push of a frame
 * until its record is read.
 *
 *   deno task bench age [--streams 1] [--seconds 30] [--fps 30] [--width 1920] [--height 1080]
 *       [--mbit_per_s 4] [--json]
 *
 * What a decoder must take is no fault of ours: before and after, ffmpeg alone decodes and scales the
 * same cameras, all at once, and each quantile of its times is taken off that of the age from demux
 * to record.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { ClipShape } from "./clip.ts";
import { measureDecoding } from "./decode_times.ts";
import { describeMachine } from "./machine.ts";
import { measurePushAges } from "./push_ages.ts";
import { readWindow } from "./records.ts";
import { quantile, table } from "./sample.ts";
import { startInstantServer } from "./start.ts";
import { startCameras, startConfig } from "./streams.ts";

const { values: flags } = parseArgs({
  options: {
    streams: { type: "string", default: "1" },
    seconds: { type: "string", default: "30" },
    warmup_seconds: { type: "string", default: "45" },
    decode_warmup_seconds: { type: "string", default: "5" },
    fps: { type: "string", default: "30" },
    width: { type: "string", default: "1920" },
    height: { type: "string", default: "1080" },
    mbit_per_s: { type: "string", default: "4" },
    json: { type: "boolean", default: false },
  },
});

/** A result that is older is missing from its window. */
const longestAgeMs = 3000;

const shape: ClipShape = {
  width: Number(flags.width),
  height: Number(flags.height),
  fps: Number(flags.fps),
  mbitPerSecond: Number(flags.mbit_per_s),
};
const streams = Number(flags.streams);
const seconds = Number(flags.seconds);
const warmupSeconds = Number(flags.warmup_seconds);

const report = await measure();
await Deno.stdout.write(
  new TextEncoder().encode(`${flags.json ? JSON.stringify(report, null, 2) : describe()}\n`),
);

async function measure() {
  const folder = await Deno.makeTempDir({ prefix: "age_" });
  try {
    const { decodedMs, agesMs } = await measureUnwatched(folder);
    if (agesMs.length === 0) throw new Error("Cannot measure ages: Sightline wrote no record");
    const pushedMs = await measurePushAges({ shape, streams, warmupSeconds, seconds, folder });
    const decodeMs = quantiles(decodedMs);
    const demuxToRecordMs = quantiles(agesMs);
    return {
      bench: "age",
      machine: await describeMachine(),
      flags,
      records: agesMs.length,
      decodeMs,
      pushToRecordMs: quantiles(pushedMs),
      demuxToRecordMs,
      overDecodeMs: difference(demuxToRecordMs, decodeMs),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Decoding, Sightline, decoding again: the machine's speed changes. */
async function measureUnwatched(folder: string) {
  const server = await startInstantServer();
  await using _server = server.child;
  await using cameras = await startCameras(shape, streams);
  const names = Array.from({ length: streams }, (_, index) => `cam${index}`);
  const urls = names.map((name) => cameras.url(name));
  const decode = () => measureDecoding(urls, Number(flags.decode_warmup_seconds), seconds / 2);
  const decodedBefore = await decode();
  const path = join(folder, "records.jsonl");
  let fromMs = 0;
  let toMs = 0;
  {
    await using _ours = await startConfig({
      defaults: {
        ovms_url: `127.0.0.1:${server.port}`,
        model_name: "instant",
        sink: [`jsonl:${path}`],
      },
      streams: Object.fromEntries(names.map((name, at) => [name, { stream_url: urls[at] }])),
    }, folder);
    await setTimeout(warmupSeconds * 1000);
    fromMs = Date.now();
    await setTimeout(seconds * 1000);
    toMs = Date.now();
    await setTimeout(longestAgeMs);
  }
  const windows = await readWindow(path, fromMs, toMs);
  return {
    decodedMs: [...decodedBefore, ...await decode()],
    agesMs: windows.flatMap(({ agesMs }) => agesMs),
  };
}

type Quantiles = Readonly<Record<"p50" | "p95" | "p99" | "max", number>>;

function quantiles(values: number[]): Quantiles {
  return {
    p50: quantile(values, 0.5),
    p95: quantile(values, 0.95),
    p99: quantile(values, 0.99),
    max: quantile(values, 1),
  };
}

function difference(a: Quantiles, b: Quantiles): Quantiles {
  return { p50: a.p50 - b.p50, p95: a.p95 - b.p95, p99: a.p99 - b.p99, max: a.max - b.max };
}

function describe(): string {
  const { machine, records, decodeMs, pushToRecordMs, demuxToRecordMs, overDecodeMs } = report;
  const row = (name: string, values: Quantiles) => [
    name,
    ...Object.values(values).map((value) => value.toFixed(1)),
  ];
  return [
    `${streams} × ${flags.width}×${flags.height} at ${flags.fps} fps and ${flags.mbit_per_s} Mbit/s, ` +
    `${records} records in ${seconds} s, ${machine.date}, ${machine.cores} cores ${machine.arch}, ` +
    `Deno ${machine.deno}, ffmpeg ${machine.ffmpeg}`,
    "",
    table([
      ["age, ms", "p50", "p95", "p99", "max"],
      row("camera's push → record read", pushToRecordMs),
      row("demux → record, as Sightline says", demuxToRecordMs),
      row("demux → scaled picture, ffmpeg alone", decodeMs),
      row("what we add", overDecodeMs),
    ]),
  ].join("\n");
}
