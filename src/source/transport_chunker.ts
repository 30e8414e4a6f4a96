/** Bytes of an MPEG transport stream into chunks that tell where decoding can begin. */

import { concatBytes } from "../concat_bytes.ts";
import type { CompressedChunk } from "../frame/compressed.ts";

/** Bytes of a transport packet, and what each begins with. */
const packetBytes = 188;
const syncByte = 0x47;

/** Packet identifier of the table that stands before each picture (ffmpeg's `pat_pmt_at_frames`). */
const tablePid = 0;

/**
 * Cuts a transport stream that arrives in arbitrary pieces. A chunk holds the packets of one piece,
 * and begins anew where tables and a key frame begin.
 */
export class TransportChunker {
  #rest = new Uint8Array(0);
  /** A table was the last thing seen: whether a key frame follows is not known yet. */
  #tables: Uint8Array | null = null;

  /** The chunks that `bytes` complete; they may share memory with it. */
  push(bytes: Uint8Array): CompressedChunk[] {
    const parts = [this.#tables ?? empty, this.#rest, bytes].filter(({ length }) => length > 0);
    const all = parts.length === 1 ? parts[0]! : concatBytes(parts);
    let tablesAt = this.#tables === null ? -1 : 0;
    this.#tables = null;
    const chunks: CompressedChunk[] = [];
    let keyframe = false;
    let startsMs: number[] = [];
    let start = 0;
    let at = 0;
    for (; at + packetBytes <= all.length; at += packetBytes) {
      if (all[at] !== syncByte) {
        throw new SyntaxError(`Cannot read the transport stream: no packet at byte ${at}`);
      }
      if (packetId(all, at) === tablePid) tablesAt = at;
      else if (beginsPicture(all, at) && tablesAt >= 0) {
        if (isRandomAccess(all, at)) {
          if (tablesAt > start) {
            chunks.push({ data: all.subarray(start, tablesAt), keyframe, startsMs });
          }
          start = tablesAt;
          keyframe = true;
          startsMs = [];
        }
        const timeMs = timeOfPicture(all, at);
        if (timeMs !== null) startsMs.push(timeMs);
        tablesAt = -1;
      }
    }
    const end = tablesAt >= 0 ? tablesAt : at;
    if (end > start) chunks.push({ data: all.subarray(start, end), keyframe, startsMs });
    if (tablesAt >= 0) this.#tables = all.slice(tablesAt, at);
    this.#rest = all.slice(at);
    return chunks;
  }
}

const empty = new Uint8Array(0);

function packetId(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 1] ?? 0) & 0x1f) << 8 | (bytes[at + 2] ?? 0);
}

/** Where the payload of the packet at `at` begins. */
function payloadOf(bytes: Uint8Array, at: number): number {
  const adapted = ((bytes[at + 3] ?? 0) & 0x20) !== 0;
  return at + 4 + (adapted ? 1 + (bytes[at + 4] ?? 0) : 0);
}

/** The first packet of a picture: it starts a payload that begins as video packets do (00 00 01 Ex). */
function beginsPicture(bytes: Uint8Array, at: number): boolean {
  if (((bytes[at + 1] ?? 0) & 0x40) === 0) return false;
  const payload = payloadOf(bytes, at);
  return payload + 4 <= at + packetBytes && bytes[payload] === 0 && bytes[payload + 1] === 0 &&
    bytes[payload + 2] === 1 && ((bytes[payload + 3] ?? 0) & 0xf0) === 0xe0;
}

/** ffmpeg sets the random access indicator on key frames. */
function isRandomAccess(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at + 3] ?? 0) & 0x20) !== 0 && (bytes[at + 4] ?? 0) > 0 &&
    ((bytes[at + 5] ?? 0) & 0x40) !== 0;
}

/** Ticks of the transport stream's clock in a millisecond. */
const ticksPerMs = 90;

/** The presentation time stamp of the picture whose first packet is at `at`; null = it has none. */
function timeOfPicture(bytes: Uint8Array, at: number): number | null {
  const payload = payloadOf(bytes, at);
  const hasTime = ((bytes[payload + 7] ?? 0) & 0x80) !== 0;
  if (!hasTime || payload + 14 > at + packetBytes) return null;
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = bytes.subarray(payload + 9, payload + 14);
  // 33 bits, more than what JavaScript shifts.
  const ticks = (a >> 1 & 7) * 2 ** 30 + (b << 22 | c >> 1 << 15 | d << 7 | e >> 1);
  return ticks / ticksPerMs;
}
