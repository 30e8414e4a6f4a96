/** Reads just enough of an MPEG transport stream to play a source for the live view. */

import type { CompressedChunk } from "../../src/frame/compressed.ts";
import { concatBytes } from "../../src/concat_bytes.ts";

const packetLength = 188;
/** ffmpeg gives the first stream of a transport stream this number. */
const videoPid = 0x100;

/** One picture of the stream: its packets, tables before a key frame included. */
export interface TransportPicture extends CompressedChunk {
  /** Time stamp in the transport stream. */
  readonly transportMs: number;
}

/** Cuts a transport stream of one video stream, with tables at each picture, into pictures. */
export async function* splitPictures(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<TransportPicture> {
  let rest = new Uint8Array(0);
  let packets: Uint8Array[] = [];
  let begun: { keyframe: boolean; transportMs: number } | null = null;
  for await (const bytes of stream) {
    const all = concatBytes([rest, bytes]);
    const whole = all.length - all.length % packetLength;
    for (let at = 0; at < whole; at += packetLength) {
      const packet = all.slice(at, at + packetLength);
      // The tables before a picture are its beginning.
      if (begun !== null && pidOf(packet) === 0) {
        yield { ...begun, data: concatBytes(packets) };
        packets = [];
        begun = null;
      }
      packets.push(packet);
      if (pidOf(packet) === videoPid && (packet[1]! & 0x40) !== 0) begun = beginning(packet);
    }
    rest = all.slice(whole);
  }
}

function pidOf(packet: Uint8Array): number {
  return (packet[1]! & 0x1f) << 8 | packet[2]!;
}

/** The first packet of a picture carries its time stamp, and whether decoding can begin here. */
function beginning(packet: Uint8Array): { keyframe: boolean; transportMs: number } {
  const hasAdaptation = (packet[3]! & 0x20) !== 0;
  const keyframe = hasAdaptation && packet[4]! > 0 && (packet[5]! & 0x40) !== 0;
  const pes = hasAdaptation ? 5 + packet[4]! : 4;
  const [a, b, c, d, e] = packet.subarray(pes + 9, pes + 14) as unknown as number[];
  const ticks = ((a! >> 1) & 7) * 2 ** 30 + (b! << 22 | (c! >> 1) << 15 | d! << 7 | e! >> 1);
  return { keyframe, transportMs: ticks / 90 };
}
