/** What pictures and clips of events cost, out of a 1080p camera's packets with a key frame in 2 s. */

import process from "node:process";
import { inMemory } from "../src/media/clip_group.ts";
import { makeClip } from "../src/media/make_clip.ts";
import { makeSnapshots } from "../src/media/make_snapshot.ts";
import { PacketRing } from "../src/media/packet_ring.ts";
import { noGuard } from "../src/process_guard.ts";
import { TapReader } from "../src/source/tap_reader.ts";
import { bestPictures } from "./best_pictures.ts";
import { describeMachine } from "./machine.ts";

const street = new URL("../demo/street.mp4", import.meta.url).pathname;
const fps = 25;
const seconds = 20;
const keyEvery = 50;
const pictures = 20;
const signal = new AbortController().signal;

/** The demo's street as a 1080p camera at 4 Mbit/s sends it, in the form of the tap. */
async function makeStream(bFrames: number): Promise<Uint8Array<ArrayBuffer>> {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-stream_loop", "-1", "-i", street, "-t", String(seconds)],
      ...["-vf", `scale=1920:1080,fps=${fps}`, "-c:v", "libx264", "-preset", "veryfast"],
      ...(bFrames === 0 ? ["-tune", "zerolatency"] : ["-bf", String(bFrames), "-b_strategy", "0"]),
      ...["-b:v", "4M"],
      ...["-g", String(keyEvery), "-sc_threshold", "0", "-f", "nut"],
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

function readerInto(ring: PacketRing): TapReader {
  ring.begin();
  return new TapReader({
    begin: () => {},
    describe: (parameters) => ring.describe(parameters),
    write: (packet) => ring.push(packet),
  }, "h264");
}

const newRing = () => new PacketRing(() => ({ seconds: 3600, bytes: Infinity }), () => {});
const stream = await makeStream(0);
const ring = newRing();
const reader = readerInto(ring);
const before = process.cpuUsage();
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
const snapshot = (from: PacketRing, ...inGroup: number[]) =>
  measure(pictures, (index) => {
    const group = from.groups[index % (from.groups.length - 1)]!;
    const stamps = inGroup.map((number) => group.startMs + number * 1000 / fps);
    const groups = from.from(stamps[0]!);
    return makeSnapshots({ groups, display: null, guard: noGuard, memoryMb: 512, signal }, stamps);
  });
const atKey = await snapshot(ring, 0);
const near = await snapshot(ring, 20);
const inMiddle = await snapshot(ring, keyEvery / 2);
const atEnd = await snapshot(ring, keyEvery - 1);
const ten = await snapshot(ring, ...Array.from({ length: 10 }, (_, index) => 5 * index));
const reordered = newRing();
readerInto(reordered).push(await makeStream(3));
const reorderedAtEnd = await snapshot(reordered, keyEvery - 1);
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
const keyEveryMs = keyEvery * 1000 / fps;
const behind = (isPreferred: boolean) => {
  const all = bestPictures(keyEveryMs, isPreferred);
  const near = all.filter((ms) => ms <= 20 * 1000 / fps).length;
  const median = all[Math.floor(all.length / 2)]!.toFixed(0);
  return `${median} ms at the median, ${near} of ${all.length} within 20 pictures`;
};

await Deno.remove(path);

const figures = {
  machine: await describeMachine(),
  "an ffmpeg that encodes one picture of one colour": bare,
  "snapshot of a key frame": atKey,
  "snapshot 20 pictures after a key frame": near,
  "snapshot 1 s after a key frame": inMiddle,
  "snapshot of the last picture before the next": atEnd,
  "the same with three B-frames": reorderedAtEnd,
  "ten snapshots of one group": ten,
  "clip of 10 s": clip,
  "best pictures of the street's objects behind a key frame": behind(true),
  "the same without a preference": behind(false),
  "taking packets, while nothing happens": `${cores.toFixed(4)} cores`,
  "ring": `${ring.bytes} bytes for ${stream.length} of the camera`,
};
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(figures, null, 2) + "\n"));
