/** Packets into an MP4 file that browsers play while it comes; nothing is decoded. */

import type { ClipGroup } from "./clip_spool.ts";
import { quiet } from "./ffmpeg_args.ts";
import { runFfmpeg, type RunOptions } from "./make_snapshot.ts";

/** What a clip is made of. */
export interface ClipTask extends RunOptions {
  /** In order, all of one run; the first begins the clip. */
  readonly groups: readonly ClipGroup[];
  /** From its first picture to its last. */
  readonly durationMs: number;
  readonly path: string;
}

/** Writes the file. @throws {Error} when ffmpeg cannot */
export async function makeClip({ groups, durationMs, path, ...options }: ClipTask): Promise<void> {
  const [head, parts] = await peek(partsOf(groups));
  const args = [
    ...quiet,
    ...["-probesize", "1000000", "-analyzeduration", "500000", "-f", "mpegts", "-i", "pipe:0"],
    ...["-map", "0:v:0", "-c", "copy"],
    // Apple's players know H.265 by this name only.
    ...(isHevc(head) ? ["-tag:v", "hvc1"] : []),
    // The last picture too, whose time was rounded.
    ...["-t", ((durationMs + 1) / 1000).toFixed(6), "-avoid_negative_ts", "make_zero"],
    ...["-movflags", "+faststart", "-f", "mp4", "-y", path],
  ];
  await runFfmpeg(args, parts, { ...options, isSilent: true });
}

async function* partsOf(groups: readonly ClipGroup[]): AsyncGenerator<Uint8Array> {
  for (const group of groups) yield* group.parts();
}

/** The first piece, and all pieces. */
async function peek(
  pieces: AsyncGenerator<Uint8Array>,
): Promise<[Uint8Array, AsyncIterable<Uint8Array>]> {
  const { value: first = new Uint8Array(0) } = await pieces.next();
  async function* all() {
    yield first;
    yield* pieces;
  }
  return [first, all()];
}

const packetBytes = 188;
/** Where ffmpeg's muxer says which streams there are, and its number for H.265. */
const mapPid = 0x1000;
const hevcType = 0x24;
/** Bytes from the beginning of that packet's payload to the type of the first stream. */
const typeAt = 13;

/** Whether the transport stream carries H.265, as its program map says. */
export function isHevc(bytes: Uint8Array): boolean {
  for (let at = 0; at + packetBytes <= bytes.length; at += packetBytes) {
    const pid = (bytes[at + 1]! & 0x1f) << 8 | bytes[at + 2]!;
    if (pid !== mapPid) continue;
    const adapted = (bytes[at + 3]! & 0x20) !== 0;
    return bytes[at + 4 + (adapted ? 1 + bytes[at + 4]! : 0) + typeAt] === hevcType;
  }
  return false;
}
