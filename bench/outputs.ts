/**
 * How old pictures are at those who take them, from the clock in their pixels: by RTSP from the camera
 * itself, by RTSP through Sightline as packets and with boxes, and in HLS when a segment is there.
 *
 *   deno task bench outputs [--seconds 30] [--width 1280] [--height 720] [--fps 25] [--json]
 *
 * Ages are from the handing of a picture to the camera's encoder until the taker's ffmpeg has decoded
 * it. All take at the same time, from one camera.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePort } from "../tests/support/free_port.ts";
import { ageOfClock, readClock, startClockCamera } from "./clock_camera.ts";
import { describeMachine } from "./machine.ts";
import { quantile, table } from "./sample.ts";
import { startConfig } from "./streams.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    warmup_seconds: { type: "string", default: "20" },
    width: { type: "string", default: "1280" },
    height: { type: "string", default: "720" },
    fps: { type: "string", default: "25" },
    json: { type: "boolean", default: false },
  },
});
const shape = {
  width: Number(flags.width),
  height: Number(flags.height),
  fps: Number(flags.fps),
};
/** Says the same box of every picture; its edges are beside the clock. */
const useCase = fileURLToPath(new URL("../tests/support/standing_use_case.ts", import.meta.url));
const rowBytes = 640;
/** So long it takes until ffmpeg listens for the camera. */
const listenMs = 3000;
/** What the middle row of a picture takes, scaled to 640 pixels. */
const middleRow = ["-vf", "scale=640:360:flags=neighbor,format=gray,crop=640:1:0:180"];

const folder = await Deno.makeTempDir({ prefix: "outputs_" });
const ages: Record<string, number[]> = {};
try {
  await measure();
} finally {
  await Deno.remove(folder, { recursive: true });
}

const [direct = []] = [ages["rtsp from the camera itself"]];
const rows = Object.entries(ages).map(([name, agesMs]) => ({
  name,
  pictures: agesMs.length,
  p50: quantile(agesMs, 0.5),
  p99: quantile(agesMs, 0.99),
  moreP50: quantile(agesMs, 0.5) - quantile(direct, 0.5),
}));
const machine = await describeMachine();
const text = flags.json ? JSON.stringify({ bench: "outputs", machine, flags, rows }, null, 2) : [
  `${flags.width}×${flags.height} at ${flags.fps}, ${flags.seconds} s, ${machine.date}, ` +
  `${machine.cores} cores ${machine.arch}, Deno ${machine.deno}, ffmpeg ${machine.ffmpeg}`,
  "",
  table([
    ["taken as", "pictures", "age p50", "p99", "more than the camera's, p50"],
    ...rows.map((
      { name, pictures, p50, p99, moreP50 },
    ) => [name, String(pictures), ...[p50, p99, moreP50].map((ms) => `${ms.toFixed(0)} ms`)]),
  ]),
].join("\n");
await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));

async function measure(): Promise<void> {
  const url = () => `rtsp://127.0.0.1:${freePort()}/live`;
  const [camera, straight, packets, boxes] = [url(), url(), url(), url()];
  const hls = join(folder, "hls");
  const ending = new AbortController();
  const port = freePort();
  const takers = [
    take("rtsp from the camera itself", straight, ending.signal),
    take("rtsp, packets", packets, ending.signal),
    take("rtsp, with boxes", boxes, ending.signal),
    takeSegments(hls, ending.signal),
  ];
  {
    await using _ours = await startConfig(
      {
        visualizer_port: port,
        defaults: { rtsp_listen: true, no_model: true, use_case: useCase, sink: [] },
        streams: {
          door: {
            stream_url: camera,
            output: [packets, { rtsp: { url: boxes, boxes: true } }, {
              hls: { path: hls, segment_s: 1 },
            }],
          },
        },
      },
      folder,
    );
    await untilListening(port);
    await using _camera = startClockCamera(shape, [camera, straight]);
    await setTimeout(Number(flags.warmup_seconds) * 1000);
    for (const name of Object.keys(ages)) ages[name]!.length = 0;
    await setTimeout(Number(flags.seconds) * 1000);
  }
  ending.abort();
  await Promise.all(takers);
  const silent = Object.keys(ages).filter((name) => ages[name]!.length === 0);
  if (silent.length > 0) throw new Error(`Cannot measure: nothing came by ${silent.join(", ")}`);
}

/** A camera that pushes to two places goes on with the one that listens, if the other does not. */
async function untilListening(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
    await answer?.body?.cancel();
    if (answer !== null) return await setTimeout(listenMs);
    await setTimeout(100);
  }
}

/** Listens as an RTSP server, which Sightline or the camera pushes to, and decodes at once. */
async function take(name: string, url: string, signal: AbortSignal): Promise<void> {
  const list = ages[name] = [] as number[];
  while (!signal.aborted) {
    const child = new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "quiet", "-nostdin", "-fflags", "nobuffer", "-flags", "low_delay"],
        ...["-probesize", "32", "-analyzeduration", "0", "-threads", "1"],
        ...["-rtsp_flags", "listen", "-i", url, ...middleRow, "-fps_mode", "passthrough"],
        ...["-threads", "1", "-flush_packets", "1", "-f", "rawvideo", "pipe:1"],
      ],
      stdout: "piped",
    }).spawn();
    const stop = () => child.kill("SIGKILL");
    signal.addEventListener("abort", stop);
    await readRows(child.stdout, (clock) => list.push(ageOfClock(clock)));
    signal.removeEventListener("abort", stop);
    await child.status;
  }
}

async function readRows(
  bytes: ReadableStream<Uint8Array>,
  onClock: (clock: number) => void,
): Promise<void> {
  let row = new Uint8Array(0);
  for await (const chunk of bytes) {
    row = new Uint8Array([...row, ...chunk]);
    for (; row.length >= rowBytes; row = row.subarray(rowBytes)) {
      const clock = readClock(row);
      if (clock !== null) onClock(clock);
    }
  }
}

/** How old the newest and the oldest picture of a segment are when it stands in the playlist. */
async function takeSegments(hls: string, signal: AbortSignal): Promise<void> {
  const newest = ages["hls, newest picture of a segment that has just come"] = [] as number[];
  const oldest = ages["hls, its oldest picture"] = [] as number[];
  let last = "";
  while (!signal.aborted) {
    await setTimeout(20);
    const playlist = await Deno.readTextFile(join(hls, "index.m3u8")).catch(() => "");
    const name = playlist.match(/^segment-\d+\.ts$/gm)?.at(-1) ?? "";
    if (name === last) continue;
    const nowMs = Date.now();
    last = name;
    const { stdout } = await new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "quiet", "-i", join(hls, name), ...middleRow, "-fps_mode", "passthrough"],
        ...["-f", "rawvideo", "pipe:1"],
      ],
    }).output();
    const clocks: number[] = [];
    await readRows(ReadableStream.from([stdout]), (clock) => clocks.push(clock));
    if (clocks.length === 0) continue;
    newest.push(ageOfClock(clocks.at(-1)!, nowMs));
    oldest.push(ageOfClock(clocks[0]!, nowMs));
  }
}
