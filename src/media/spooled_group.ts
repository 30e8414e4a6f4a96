/** A group of pictures on disk: written while it grows, and read again, by whom a kill left it to. */

import { concatBytes } from "../concat_bytes.ts";
import type { CameraPacket, CodecParameters } from "../frame/camera_packet.ts";
import { NutDemuxer, type NutPacket, type NutStream } from "../frame/nut_demuxer.ts";
import { muxOffsetMs, nutHeader } from "../frame/nut_muxer.ts";
import type { ClipFrame, ClipGroup, FramesByStream } from "./clip_group.ts";
import type { StreamNote } from "./hide_between.ts";
import { framed } from "./make_snapshot.ts";
import type { PictureGroup } from "./packet_ring.ts";

/** What the packets do not say; the first line of the file beside them. */
interface SpoolHead {
  readonly run: number;
  readonly startMs: number;
  readonly video: string;
  readonly audio: string | null;
}

interface SpoolLine extends ClipFrame {
  readonly stream: string;
}

/** One that is being written. A disk that does not take it costs the clip this part. */
export class SpooledGroup implements ClipGroup {
  readonly run: number;
  readonly parameters: CodecParameters;
  readonly startMs: number;
  readonly pictures: number[] = [];
  notes: readonly StreamNote[] = [];
  /** Where the next one begins, as far as that is known. */
  endMs = Infinity;
  /** It is in memory no more. */
  hasLeft = false;
  readonly #path: string;
  readonly #toldUntilMs = new Map<string, number>();
  #packets = 0;
  #writing: Promise<void>;

  /** `path`: where it lies, without an ending; `ready`: its folder is there then. */
  constructor(path: string, { run, parameters, startMs }: PictureGroup, ready: Promise<void>) {
    this.#path = path;
    this.run = run;
    this.parameters = parameters;
    this.startMs = startMs;
    const { video, audio } = parameters;
    const head: SpoolHead = { run, startMs, video: video.codec, audio: audio?.codec ?? null };
    this.#writing = ready;
    this.#write([nutHeader(parameters)], JSON.stringify(head) + "\n");
  }

  /** Resolves when what was taken is written. @throws {Error} when the disk did not take it */
  get written(): Promise<void> {
    return this.#writing;
  }

  /** Takes what it has become since the last time. */
  grow(packets: readonly CameraPacket[], frames: FramesByStream): void {
    const more = packets.slice(this.#packets);
    this.#packets = packets.length;
    for (const { kind, ptsMs } of more) if (kind === "video") this.pictures.push(ptsMs);
    let lines = "";
    for (const [stream, told] of Object.entries(frames)) {
      const untilMs = this.#toldUntilMs.get(stream) ?? -Infinity;
      for (const frame of told) {
        if (frame.stampMs <= untilMs) continue;
        this.#toldUntilMs.set(stream, frame.stampMs);
        lines += JSON.stringify({ stream, ...frame } satisfies SpoolLine) + "\n";
      }
    }
    if (more.length > 0 || lines !== "") this.#write(more.flatMap(framed), lines);
  }

  async packets(): Promise<readonly CameraPacket[]> {
    await this.#writing;
    return (await readPackets(this.#path)).packets;
  }

  async frames(): Promise<FramesByStream> {
    await this.#writing;
    return (await readLines(this.#path)).frames;
  }

  /** Removes it from the disk. */
  remove(): void {
    this.#writing.catch(() => {}).then(() => {
      for (const ending of ["nut", "jsonl"]) Deno.remove(`${this.#path}.${ending}`).catch(() => {});
    });
  }

  #write(parts: readonly Uint8Array[], lines: string): void {
    this.#writing = this.#writing.then(async () => {
      await append(`${this.#path}.nut`, concatBytes(parts));
      await append(`${this.#path}.jsonl`, new TextEncoder().encode(lines));
    });
    // Its reader is told.
    this.#writing.catch(() => {});
  }
}

/** What lies at a path, as far as it was written. @throws {Error} when there is no group */
export async function readSpooled(path: string): Promise<ClipGroup> {
  const { head, frames } = await readLines(path);
  if (head === null) throw new SyntaxError(`Cannot read ${path}.jsonl: it has no head`);
  const { streams, packets } = await readPackets(path);
  const [video, audio] = [streams[0], streams[1]];
  if (video === undefined) throw new SyntaxError(`Cannot read ${path}.nut: it has no video`);
  return {
    run: head.run,
    startMs: head.startMs,
    parameters: {
      video: { ...video, codec: head.video },
      audio: audio === undefined ? null : { ...audio, codec: head.audio ?? "other" },
    },
    pictures: packets.flatMap(({ kind, ptsMs }) => kind === "video" ? [ptsMs] : []),
    // A clip has many, and needs them one after the other.
    packets: async () => (await readPackets(path)).packets,
    frames: () => Promise.resolve(frames),
    notes: [],
  };
}

async function append(path: string, data: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { append: true, create: true, mode: 0o600 });
  for (let at = 0; at < data.length;) at += await file.write(data.subarray(at));
}

interface ReadPackets {
  readonly streams: readonly NutStream[];
  readonly packets: readonly CameraPacket[];
}

/** The last packet may be cut off, and is left out then. */
async function readPackets(path: string): Promise<ReadPackets> {
  const demuxer = new NutDemuxer();
  const packets = demuxer.push(await Deno.readFile(`${path}.nut`));
  return { streams: demuxer.streams ?? [], packets: packets.map(toCameraPacket) };
}

function toCameraPacket({ stream, data, keyframe, timeMs }: NutPacket): CameraPacket {
  const kind = stream === 0 ? "video" : "audio";
  return { kind, data, keyframe, ptsMs: timeMs - muxOffsetMs, capturedAtMs: 0 };
}

async function readLines(
  path: string,
): Promise<{ readonly head: SpoolHead | null; readonly frames: FramesByStream }> {
  const lines = (await Deno.readTextFile(`${path}.jsonl`)).split("\n");
  // What stands behind the last end of line was cut off.
  lines.pop();
  const [head = null, ...told] = lines.map((line) => JSON.parse(line));
  const frames: Record<string, ClipFrame[]> = {};
  for (const { stream, ...frame } of told as SpoolLine[]) (frames[stream] ??= []).push(frame);
  return { head, frames };
}
