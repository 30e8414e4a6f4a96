/** Pictures out of the packets of a group, by an ffmpeg that runs for them alone. */

import { isNalCodec, type PictureUse, pictureUseOf } from "../frame/annex_b.ts";
import type { CameraPacket, Display, VideoParameters } from "../frame/camera_packet.ts";
import { nutFrame, nutHeader, ticksOf } from "../frame/nut_muxer.ts";
import type { ChildGuard } from "../process_guard.ts";
import { FfmpegProcess } from "../source/ffmpeg_process.ts";
import { encodeArgs, snapshotArgs } from "./ffmpeg_args.ts";
import type { Picture } from "../use_case/use_case.ts";
import type { PictureGroup } from "./packet_ring.ts";

/** A picture takes a fraction of a second; an ffmpeg that is silent for so long is stuck. */
const longestMs = 10_000;

/** Which pictures, and out of what. */
export interface SnapshotRequest {
  /** The group that holds the pictures, and those that follow. At least one. */
  readonly groups: readonly PictureGroup[];
  /** How pictures are to be shown; null = the stream itself tells. */
  readonly display: Display | null;
  readonly guard: ChildGuard;
  /** Megabytes that ffmpeg may allocate. */
  readonly memoryMb: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * JPEGs of the camera's size, as they are shown, of the pictures with these `ptsMs`, which an ffmpeg
 * decodes in one go. @throws {Error} when one of them cannot be made
 */
export async function makeSnapshots(
  request: SnapshotRequest,
  ptsMs: readonly number[],
): Promise<Bytes[]> {
  const { packets, ticks, ordered } = packetsFor(request.groups, ptsMs);
  const args = snapshotArgs({ ...request, ticks: ordered, isDrawn: false });
  const output = await runFfmpeg(args, streamOf(request.groups, packets), request);
  const pictures = parseMultipart(output);
  if (pictures.length < ordered.length) {
    const count = `${pictures.length} of ${ordered.length}`;
    throw new Error(`Cannot make a picture: ffmpeg gave ${count} of its group`);
  }
  return ticks.map((tick) => pictures[ordered.indexOf(tick)]!);
}

/** One picture, into which something is drawn before it is kept. @throws {Error} when it cannot be made */
export async function makeDrawnSnapshot(
  request: SnapshotRequest,
  ptsMs: number,
  draw: (picture: Picture) => Promise<void>,
): Promise<Bytes> {
  const { packets, ticks } = packetsFor(request.groups, [ptsMs]);
  const args = snapshotArgs({ ...request, ticks, isDrawn: true });
  const picture = parsePam(await runFfmpeg(args, streamOf(request.groups, packets), request));
  await draw(picture);
  return await runFfmpeg(encodeArgs(picture), [picture.data], request);
}

/** What ffmpeg is fed, and of each picture its time in that; also, of each time once, in order. */
interface Wanted {
  readonly packets: readonly CameraPacket[];
  readonly ticks: readonly number[];
  readonly ordered: readonly number[];
}

/** The pictures with these `ptsMs`. @throws {Error} when one is not there */
export function packetsFor(groups: readonly PictureGroup[], ptsMs: readonly number[]): Wanted {
  // A picture that is sent behind the next key frame may be shown before it.
  const pictures = groups.slice(0, 2).flatMap(({ packets }) =>
    packets.filter(({ kind }) => kind === "video")
  );
  // The very picture, or the first one after it: time stamps were rounded in other ways.
  const chosen = ptsMs.map((ms) => {
    const [first] = pictures.filter((picture) => picture.ptsMs >= ms - 0.5)
      .sort((a, b) => a.ptsMs - b.ptsMs);
    if (first === undefined) throw new Error("Cannot make a picture: its packets are not kept");
    return first;
  });
  // With the last of them ends what is fed: a decoder then gives out all that it has.
  const last = Math.max(...chosen.map((picture) => pictures.indexOf(picture)));
  const ticks = chosen.map((picture) => ticksOf(picture.ptsMs));
  const ordered = [...new Set(ticks)].sort((a, b) => a - b);
  const packets = neededFor(chosen, pictures.slice(0, last + 1), groups[0]!.parameters.video);
  return { packets, ticks, ordered };
}

/** The chosen pictures and what they are decoded by: no others need to be decoded. */
function neededFor(
  chosen: readonly CameraPacket[],
  pictures: readonly CameraPacket[],
  { codec }: VideoParameters,
): readonly CameraPacket[] {
  if (!isNalCodec(codec)) return pictures;
  const useOf = ({ data }: CameraPacket) => pictureUseOf(codec, data);
  const highest = Math.max(...chosen.map((picture) => useOf(picture)?.layer ?? Infinity));
  const isSpare = (use: PictureUse | null) =>
    use !== null && (use.layer > highest || use.layer === highest && !use.isReferenced);
  return pictures.filter((picture) => chosen.includes(picture) || !isSpare(useOf(picture)));
}

function streamOf([first]: readonly PictureGroup[], packets: readonly CameraPacket[]): Bytes[] {
  return [nutHeader({ ...first!.parameters, audio: null }), ...packets.flatMap(framed)];
}

/** A packet as ffmpeg reads it. */
export function framed(packet: CameraPacket): [Bytes, Bytes] {
  return [nutFrame(packet), packet.data];
}

/** Files behind heads that tell their lengths. */
export function parseMultipart(bytes: Bytes): Bytes[] {
  const parts: Bytes[] = [];
  for (let at = 0;;) {
    const head = new TextDecoder("latin1").decode(bytes.subarray(at, at + 256));
    const match = /^(?:\r?\n)?--[^]*?content-length: *(\d+)[^]*?\r?\n\r?\n/i.exec(head);
    if (match === null) return parts;
    const start = at + match[0].length;
    at = start + Number(match[1]);
    if (at <= bytes.length) parts.push(bytes.slice(start, at));
  }
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
  readonly memoryMb?: number | null;
  readonly signal: AbortSignal;
  /** It writes to a file, and nothing to stdout. @default {false} */
  readonly isSilent?: boolean;
  /** One that has not ended by then is stuck. @default {10_000} */
  readonly patienceMs?: number;
}

/** Runs ffmpeg from stdin to stdout. @throws {Error} when it gives nothing */
export async function runFfmpeg(
  args: readonly string[],
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { guard, memoryMb = null, signal, isSilent = false, patienceMs = longestMs }: RunOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  let complaint = "";
  await using ffmpeg = new FfmpegProcess({
    args,
    guard,
    memoryMb,
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
export async function feed(
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
