/** What pictures and clips of events cost, out of a 1080p camera's packets with a key frame in 2 s. */

import process from "node:process";
import { inMemory } from "../src/media/clip_group.ts";
import { makeClip } from "../src/media/make_clip.ts";
import { makeSnapshots } from "../src/media/make_snapshot.ts";
import { PacketRing } from "../src/media/packet_ring.ts";
import { noGuard } from "../src/process_guard.ts";
import { TapReader } from "../src/source/tap_reader.ts";
import { describeMachine } from "./machine.ts";

const street = new URL("../demo/street.mp4", import.meta.url).pathname;
const fps = 25;
const seconds = 20;
const keyEvery = 50;
const pictures = 20;
const signal = new AbortController().signal;

/** The demo's street as a 1080p camera at 4 Mbit/s sends it, in the form of the tap. */
async function makeStream(): Promise<Uint8Array<ArrayBuffer>> {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-stream_loop", "-1", "-i", street, "-t", String(seconds)],
      ...["-vf", `scale=1920:1080,fps=${fps}`, "-c:v", "libx264", "-preset", "veryfast"],
      ...["-tune", "zerolatency", "-b:v", "4M", "-g", String(keyEvery), "-f", "nut"],
      ...["-write_index", "0", "-output_ts_offset", "10", "pipe:1"],
    ],
  }).output();
  return stdout;
}

/** CPU seconds of children that have ended. */
async function childSeconds(): Promise<number> {
  const stat = await Deno.readTextFile("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** The median of wall clock and CPU of some runs, in milliseconds. */
async function measure(runs: number, run: (index: number) => Promise<unknown>): Promise<string> {
  const [walls, cpus]: [number[], number[]] = [[], []];
  for (let index = 0; index < runs; index++) {
    const [wall, cpu] = [performance.now(), await childSeconds()];
    await run(index);
    walls.push(performance.now() - wall);
    cpus.push((await childSeconds() - cpu) * 1000);
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(runs / 2)]!;
  return `${median(walls).toFixed(0)} ms, ${median(cpus).toFixed(0)} ms of CPU`;
}

const stream = await makeStream();
const ring = new PacketRing(() => ({ seconds: 3600, bytes: Infinity }), () => {});
const reader = new TapReader({
  begin: () => ring.begin(),
  describe: (parameters) => ring.describe(parameters),
  write: (packet) => ring.push(packet),
}, "h264");
const before = process.cpuUsage();
ring.begin();
// As it comes from a socket: a few packets of the network at a time.
for (let at = 0; at < stream.length; at += 1316) reader.push(stream.subarray(at, at + 1316));
const { user, system } = process.cpuUsage(before);
const cores = (user + system) / 1e6 / seconds;

const bare = await measure(pictures, async () => {
  await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-f", "lavfi", "-i", "color=s=1920x1080", "-frames:v", "1"],
      ...["-threads", "1", "-c:v", "mjpeg", "-f", "mjpeg", "pipe:1"],
    ],
  }).output();
});
const snapshot = (...inGroup: number[]) =>
  measure(pictures, (index) => {
    const group = ring.groups[index % (ring.groups.length - 1)]!;
    const stamps = inGroup.map((number) => group.startMs + number * 1000 / fps);
    const groups = ring.from(stamps[0]!);
    return makeSnapshots({ groups, display: null, guard: noGuard, memoryMb: 512, signal }, stamps);
  });
const atKey = await snapshot(0);
const inMiddle = await snapshot(keyEvery / 2);
const atEnd = await snapshot(keyEvery - 1);
const ten = await snapshot(...Array.from({ length: 10 }, (_, index) => 5 * index));
const path = await Deno.makeTempFile({ suffix: ".mp4" });
const clip = await measure(5, () =>
  makeClip({
    display: null,
    groups: ring.groups.slice(0, 5).map(inMemory),
    durationMs: 10_000,
    path,
    guard: noGuard,
    memoryMb: 512,
    signal,
  }));
await Deno.remove(path);

const figures = {
  machine: await describeMachine(),
  "an ffmpeg that encodes one picture of one colour": bare,
  "snapshot of a key frame": atKey,
  "snapshot 1 s after a key frame": inMiddle,
  "snapshot of the last picture before the next": atEnd,
  "ten snapshots of one group": ten,
  "clip of 10 s": clip,
  "taking packets, while nothing happens": `${cores.toFixed(4)} cores`,
  "ring": `${ring.bytes} bytes for ${stream.length} of the camera`,
};
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(figures, null, 2) + "\n"));
