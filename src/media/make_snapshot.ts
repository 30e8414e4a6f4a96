/** One picture out of packets, by an ffmpeg that runs for it alone. */

import type { Display } from "../frame/compressed.ts";
import type { ChildGuard } from "../process_guard.ts";
import { FfmpegProcess } from "../source/ffmpeg_process.ts";
import { encodeArgs, snapshotArgs } from "./ffmpeg_args.ts";
import type { Picture } from "../use_case/use_case.ts";
import type { PictureGroup } from "./packet_ring.ts";

/** A picture takes a fraction of a second; an ffmpeg that is silent for so long is stuck. */
const patienceMs = 10_000;

/** Which picture, and out of what. */
export interface SnapshotRequest {
  /** The group that holds the picture, and those that follow. At least one. */
  readonly groups: readonly PictureGroup[];
  readonly ptsMs: number;
  /** Draws into the picture before it is kept; null = it is kept as it is. */
  readonly draw: ((picture: Picture) => Promise<void>) | null;
  /** How pictures are to be shown; null = the stream itself tells. */
  readonly display: Display | null;
  readonly guard: ChildGuard;
  /** Megabytes that ffmpeg may allocate. */
  readonly memoryMb: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** A JPEG of the camera's size, as it is shown. @throws {Error} when there is no such picture */
export async function makeSnapshot(request: SnapshotRequest): Promise<Uint8Array<ArrayBuffer>> {
  const [first, second] = request.groups;
  if (first === undefined) throw new Error("Cannot make a picture: its packets are not kept");
  // A picture that is sent behind the next key frame may be shown before it.
  const parts = [...first.parts, ...second?.parts ?? []];
  const { draw } = request;
  const args = snapshotArgs({ ...request, startMs: first.startMs, isDrawn: draw !== null });
  const output = await runFfmpeg(args, parts, request);
  if (draw === null) return output;
  const picture = parsePam(output);
  await draw(picture);
  return await runFfmpeg(encodeArgs(picture), [picture.data], request);
}

/** RGBA pixels behind their head. @throws {Error} when it is none */
export function parsePam(bytes: Uint8Array<ArrayBuffer>): Picture {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 256));
  const size = /^P7\nWIDTH (\d+)\nHEIGHT (\d+)\nDEPTH 4\n[^]*?ENDHDR\n/.exec(head);
  const [width, height] = [Number(size?.[1]), Number(size?.[2])];
  const data = bytes.subarray(size?.[0].length ?? 0);
  if (data.length !== width * height * 4) throw new Error("Cannot draw: ffmpeg gave no pixels");
  return { width, height, data };
}

/** How a short run of ffmpeg is watched. */
export interface RunOptions {
  readonly guard: ChildGuard;
  readonly memoryMb?: number;
  readonly signal: AbortSignal;
  /** It writes to a file, and nothing to stdout. @default {false} */
  readonly isSilent?: boolean;
}

/** Runs ffmpeg from stdin to stdout. @throws {Error} when it gives nothing */
export async function runFfmpeg(
  args: readonly string[],
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { guard, memoryMb, signal, isSilent = false }: RunOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  let complaint = "";
  await using ffmpeg = new FfmpegProcess({
    args,
    guard,
    memoryMb: memoryMb ?? null,
    stdin: "piped",
    listener: { onLine: (line) => complaint ||= line },
  });
  const stop = () => void ffmpeg.stop();
  const timer = setTimeout(stop, patienceMs);
  signal.addEventListener("abort", stop);
  try {
    const [output] = await Promise.all([
      new Response(ffmpeg.stdout).bytes(),
      feed(ffmpeg.stdin, parts),
    ]);
    const { code } = await ffmpeg.ended;
    if (isSilent ? code === 0 : output.length > 0) return output;
    const what = isSilent ? "clip" : "picture";
    throw new Error(`Cannot make a ${what}: ${complaint || `ffmpeg gave none (code ${code})`}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** Writes until all is written, or ffmpeg has what it needs and ends. */
async function feed(
  stdin: WritableStream<Uint8Array>,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const writer = stdin.getWriter();
  for await (const part of parts) {
    try {
      await writer.write(part);
    } catch {
      // It has ended; what it gave tells whether that was too early.
      return;
    }
  }
  await writer.close().catch(() => {});
}
