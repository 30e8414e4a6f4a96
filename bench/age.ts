/**
 * How old a result is: from the moment the camera pushes a frame until its record comes out of
 * Sightline, over a loopback RTSP connection and with a model server that answers at once. Every
 * frame carries its number as bars in the picture; the server reads it and sends it back as a box.
 *
 *   deno task bench:age [--streams 1] [--seconds 30] [--fps 30] [--width 1920] [--height 1080] [--json]
 *
 * What a decoder must take is no fault of ours: before, ffmpeg alone decodes and scales the same
 * cameras, all at once, and each quantile of its times is taken off that of the age from demux to
 * record.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startPushingCameras } from "./camera.ts";
import { decodeFrame } from "./canned_answer.ts";
import { startListening } from "./child.ts";
import { measureDecoding } from "./decode_times.ts";
import { describeMachine } from "./machine.ts";
import { quantile, table } from "./sample.ts";
import { startConfig } from "./streams.ts";

/** One record, as far as it matters here. */
interface AgedRecord {
  /** From demux to record, as Sightline itself says. */
  readonly ownMs: number;
  /** From the camera's push until we read the record. */
  readonly fullMs: number;
}

const { values: flags } = parseArgs({
  options: {
    streams: { type: "string", default: "1" },
    seconds: { type: "string", default: "30" },
    warmup_seconds: { type: "string", default: "45" },
    decode_warmup_seconds: { type: "string", default: "5" },
    fps: { type: "string", default: "30" },
    width: { type: "string", default: "1920" },
    height: { type: "string", default: "1080" },
    json: { type: "boolean", default: false },
  },
});

const ages: AgedRecord[] = [];
const report = await measure();
await Deno.stdout.write(
  new TextEncoder().encode(`${flags.json ? JSON.stringify(report, null, 2) : describe()}\n`),
);

async function measure() {
  await using owned = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "age_" });
  owned.defer(() => Deno.remove(folder, { recursive: true }));
  const script = join(import.meta.dirname ?? ".", "instant_server.ts");
  const { child, port } = await startListening(Deno.execPath(), [
    ...["run", "-A", "--quiet", script, "--read_frames"],
  ]);
  await using _server = child;
  const shape = {
    width: Number(flags.width),
    height: Number(flags.height),
    fps: Number(flags.fps),
  };
  const streams = Number(flags.streams);
  await using cameras = await startPushingCameras(shape, streams);
  const urls = Array.from({ length: streams }, (_, camera) => cameras.url(camera));
  const decodeMs = quantiles(
    await measureDecoding(urls, Number(flags.decode_warmup_seconds), Number(flags.seconds)),
  );
  const startMs = Date.now() + Number(flags.warmup_seconds) * 1000;
  {
    await using _ours = await startConfig(
      {
        defaults: { ovms_url: `127.0.0.1:${port}`, model_name: "instant", sink: ["stdout"] },
        streams: Object.fromEntries(
          urls.map((url, camera) => [`${camera}`, { stream_url: url }]),
        ),
      },
      folder,
      function noteRecord(line) {
        const nowMs = Date.now();
        const record = JSON.parse(line);
        // The summaries at the end.
        if (record.detections === undefined) return;
        const frame = decodeFrame(record.detections[0].box.x);
        const pushedAtMs = cameras.pushedAtMs(Number(record.stream), frame);
        if (nowMs < startMs || pushedAtMs === undefined) return;
        ages.push({ ownMs: record.age_ms, fullMs: nowMs - pushedAtMs });
      },
    );
    const runMs = (Number(flags.warmup_seconds) + Number(flags.seconds)) * 1000;
    await new Promise((done) => setTimeout(done, runMs));
  }
  if (ages.length === 0) throw new Error("Cannot measure ages: Sightline wrote no record");
  const demuxToRecordMs = quantiles(ages.map(({ ownMs }) => ownMs));
  return {
    bench: "age",
    machine: await describeMachine(),
    flags,
    records: ages.length,
    decodeMs,
    pushToRecordMs: quantiles(ages.map(({ fullMs }) => fullMs)),
    demuxToRecordMs,
    overDecodeMs: difference(demuxToRecordMs, decodeMs),
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
    `${flags.streams} × ${flags.width}×${flags.height} at ${flags.fps} fps, ${records} records in ${flags.seconds} s, ` +
    `${machine.date}, ${machine.cores} cores ${machine.arch}, Deno ${machine.deno}, ffmpeg ${machine.ffmpeg}`,
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
