/**
 * What sharing a decode saves, and what full-size pictures cost: CPU of ffmpeg and of its reader, for one 1080p30 camera. `deno task bench decode [--passes 2] [--seconds 10]`
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { ensureClip } from "./clip.ts";
import { describeMachine } from "./machine.ts";
import { listTree } from "./process_tree.ts";

const shape = { width: 1920, height: 1080, fps: 30 };
const fullBytes = shape.width * shape.height * 3 / 2;
const clip = await ensureClip(fileURLToPath(new URL("../.deno/bench", import.meta.url)), shape);

/** Frames that a use case takes. */
const cases = [
  { scale: "300:300", bytes: 300 * 300 * 3 },
  { scale: "512:512", bytes: 512 * 512 * 3 },
];
const out = ["-fps_mode", "passthrough", "-threads", "1", "-flush_packets", "1"];
const input = ["-threads", "1", "-re", "-f", "h264", "-framerate", "30", "-i", clip];

/** One or several ffmpeg processes, and what is read of each: bytes of a frame by output. */
interface Arm {
  readonly name: string;
  /** Arguments behind the input, with the folder for sockets and files. */
  commands(folder: string): string[][];
  /** Bytes of a frame on stdout of each process. */
  readonly stdout: readonly number[];
  /** Bytes of a frame on the socket, if there is one. */
  readonly socket?: number;
  /** Removes files that are 8 frames old, and reads two bands of 400 rows if `crops`. */
  readonly files?: { readonly crops: boolean };
}

const single = (index: number) => [
  ...["-vf", `scale=${cases[index]!.scale},format=bgr24`, ...out, "-f", "rawvideo", "pipe:1"],
];
const forked = (filters: string, to: string[]) => [
  "-filter_complex",
  `[0:v]split=2[a][b];[a]scale=${cases[0]!.scale},format=bgr24[x];[b]${filters}[y]`,
  ...["-map", "[y]", ...out, ...to, "-map", "[x]", ...out, "-f", "rawvideo", "pipe:1"],
];
const toFiles = (folder: string) =>
  forked("format=yuv420p", [
    ...["-c:v", "rawvideo", "-f", "image2", "-atomic_writing", "1", "-start_number", "0"],
    `${folder}/%d.yuv`,
  ]);
const small = cases[0]!.bytes;

const arms: readonly Arm[] = [
  { name: "one use case", commands: () => [single(0)], stdout: [small] },
  {
    name: "two use cases, two decodes",
    commands: () => [single(0), single(1)],
    stdout: cases.map(({ bytes }) => bytes),
  },
  {
    name: "two use cases, one decode",
    commands: (folder) => [
      forked(`scale=${cases[1]!.scale},format=bgr24`, ["-f", "rawvideo", `unix:${folder}/socket`]),
    ],
    stdout: [small],
    socket: cases[1]!.bytes,
  },
  {
    name: "full size through a socket",
    commands: (folder) => [
      forked("format=yuv420p", ["-f", "rawvideo", `unix:${folder}/socket`]),
    ],
    stdout: [small],
    socket: fullBytes,
  },
  {
    name: "full size by a second decode",
    commands: () => [
      single(0),
      ["-pix_fmt", "yuv420p", ...out, "-f", "rawvideo", "pipe:1"],
    ],
    stdout: [small, fullBytes],
  },
  {
    name: "full size in files",
    commands: (folder) => [toFiles(folder)],
    stdout: [small],
    files: { crops: false },
  },
  {
    name: "full size in files, 2 crops a frame",
    commands: (folder) => [toFiles(folder)],
    stdout: [small],
    files: { crops: true },
  },
];

async function measure(arm: Arm, seconds: number): Promise<{ ffmpeg: number; reader: number }> {
  const folder = await Deno.makeTempDir({ dir: "/dev/shm" });
  const listener = Deno.listen({ transport: "unix", path: `${folder}/socket` });
  const before = cpuSeconds();
  const children = arm.commands(folder).map((args) =>
    new Deno.Command("ffmpeg", {
      args: ["-v", "error", "-nostdin", "-t", String(seconds), ...input, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn()
  );
  const used = new Map<number, number>();
  const timer = setInterval(async () => {
    for (const { pid } of children) {
      const [root] = await listTree(pid);
      if (root) used.set(pid, Math.max(used.get(pid) ?? 0, root.cpuSeconds));
    }
  }, 500);
  let frames = 0;
  const reading = children.map((child, index) =>
    read(
      child.stdout,
      arm.stdout[index]!,
      index > 0 ? undefined : () => {
        if (arm.files) tendFiles(folder, frames, arm.files.crops);
        frames++;
      },
    )
  );
  if (arm.socket !== undefined) {
    const bytes = arm.socket;
    reading.push(listener.accept().then((connection) => read(connection.readable, bytes)));
  }
  await Promise.all([...reading, ...children.map((child) => child.status)]);
  clearInterval(timer);
  listener.close();
  const reader = cpuSeconds() - before;
  await Deno.remove(folder, { recursive: true });
  const ffmpeg = [...used.values()].reduce((sum, value) => sum + value, 0);
  return { ffmpeg: ffmpeg / seconds, reader: reader / seconds };
}

async function read(
  stream: ReadableStream<Uint8Array>,
  bytes: number,
  onFrame?: () => void,
): Promise<void> {
  const reader = stream.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(bytes);
  for (;;) {
    const { value, done } = await reader.read(new Uint8Array(buffer), { min: bytes });
    if (done || value.byteLength < bytes) return await reader.cancel();
    onFrame?.();
    buffer = value.buffer;
  }
}

const band = new Uint8Array(1920 * 400);

function tendFiles(folder: string, index: number, crops: boolean): void {
  if (index >= 8) Deno.remove(`${folder}/${index - 8}.yuv`).catch(() => undefined);
  if (!crops || index < 2) return;
  using file = Deno.openSync(`${folder}/${index - 2}.yuv`);
  for (let crop = 0; crop < 2; crop++) {
    for (const [at, length] of [[0, 1920 * 400], [fullBytes * 2 / 3, 960 * 200]] as const) {
      file.seekSync(at, Deno.SeekMode.Start);
      file.readSync(band.subarray(0, length));
    }
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

const { values } = parseArgs({
  options: {
    passes: { type: "string", default: "3" },
    seconds: { type: "string", default: "10" },
  },
});
const results = new Map<string, { ffmpeg: number; reader: number }[]>();
for (let pass = 0; pass < Number(values.passes); pass++) {
  for (const arm of arms) {
    const result = await measure(arm, Number(values.seconds));
    results.set(arm.name, [...results.get(arm.name) ?? [], result]);
  }
}
const rows = [...results].map(([arm, list]) => {
  const ffmpeg = median(list.map(({ ffmpeg }) => ffmpeg));
  const reader = median(list.map(({ reader }) => reader));
  const shown = (cores: number) => Number(cores.toFixed(3));
  return { arm, ffmpeg: shown(ffmpeg), reader: shown(reader), sum: shown(ffmpeg + reader) };
});
for (const { arm, ffmpeg, reader, sum } of rows) {
  const cores = [ffmpeg, reader, sum].map((value) => value.toFixed(3).padStart(8)).join("");
  process.stdout.write(`${arm.padEnd(40)}${cores}\n`);
}
process.stdout.write(`${JSON.stringify({ machine: await describeMachine(), rows })}\n`);
