/** Packets into a NUT stream, for an ffmpeg that reads them from a pipe. */

import type { CameraPacket, CodecParameters } from "./camera_packet.ts";
import { fileId, frameFlags, NutWriter, startCodes } from "./nut_format.ts";

/** Ticks in a second of the clock of all streams; those of cameras count 90,000 or fewer. */
export const ticksPerSecond = 90_000;

/** Times are positive in the container; those of a camera's packets may begin below zero. */
export const muxOffsetMs = 10_000;

/** Bytes and ticks after which a frame would need a checksum; each has one. */
const farthest = 65_536;

/** Nothing but a beginning is marked for seeking: a reader would remember each such mark for ever. */
const asPipe = 2;

/**
 * What stands in front of packets: read with `-f nut`, whose times are ahead of the packets' own by
 * `muxOffsetMs`. Stream 0 is the video, stream 1 the sound.
 */
export function nutHeader({ video, audio }: CodecParameters): Uint8Array<ArrayBuffer> {
  const main = new NutWriter()
    .number(4).number(0).number(audio === null ? 1 : 2).number(farthest)
    .number(1).number(1).number(ticksPerSecond);
  // One kind of frame, that tells all of itself.
  main.number(frameFlags.coded).number(6).raw([0]).number(1).number(0).number(0).number(0).number(
    255,
  );
  // No beginnings are left out.
  main.number(0).number(asPipe);
  const streams = [
    streamHeader(0, 0, video.fourcc, video.extradata)
      .number(Math.max(1, video.width)).number(Math.max(1, video.height)).number(0).number(0)
      .number(0),
  ];
  if (audio !== null) {
    streams.push(
      streamHeader(1, 1, audio.fourcc, audio.extradata)
        .number(audio.sampleRate).number(1).number(audio.channels),
    );
  }
  const whole = new NutWriter().raw(fileId);
  packet(whole, startCodes.main, main);
  for (const stream of streams) packet(whole, startCodes.stream, stream);
  if (video.codec === "rawvideo") packet(whole, startCodes.info, likelyRate());
  packet(whole, startCodes.syncpoint, new NutWriter().number(0).number(0));
  return Uint8Array.from(whole.bytes);
}

/** The time of a packet in the container. */
export function ticksOf(ptsMs: number): number {
  return Math.max(0, Math.round((ptsMs + muxOffsetMs) * ticksPerSecond / 1000));
}

/** What of a packet goes into the container. */
export type MuxedPacket =
  & Pick<CameraPacket, "kind" | "keyframe" | "ptsMs">
  & { readonly data: Uint8Array };

/** What stands in front of the data of a packet. */
export function nutFrame({ kind, data, keyframe, ptsMs }: MuxedPacket): Uint8Array<ArrayBuffer> {
  const ticks = ticksOf(ptsMs);
  const { codedPts, streamId, sizeMsb, checksum, key } = frameFlags;
  const frame = new NutWriter()
    .raw([0])
    .number(codedPts | streamId | sizeMsb | checksum | (keyframe ? key : 0))
    .number(kind === "video" ? 0 : 1)
    .number(ticks + 2 ** shift)
    .number(data.length)
    .checksum();
  return Uint8Array.from(frame.bytes);
}

/** Bits of a time that are coded where not all of it is: none here. */
const shift = 1;

/** Pictures a second, roughly, as most cameras send them. */
const likelyFps = 30;

/**
 * Encoders plan with a rate: from it follow the level that decoders have to be of, and the bits for a
 * picture. Of raw pictures whose rate is not told ffmpeg takes the clock's. Times stay as they are.
 */
function likelyRate(): NutWriter {
  const utf8 = 2;
  const info = new NutWriter().number(1).number(0).number(0).number(0).number(1);
  return info.text("r_frame_rate").number(utf8).text(`${likelyFps}/1`);
}

function streamHeader(
  id: number,
  kind: number,
  fourcc: string,
  extradata: Uint8Array,
): NutWriter {
  return new NutWriter()
    .number(id).number(kind)
    .number(4).raw([...fourcc].map((character) => character.charCodeAt(0)))
    .number(0).number(shift).number(farthest).number(0).number(0)
    .number(extradata.length).raw(extradata);
}

function packet(whole: NutWriter, startCode: readonly number[], content: NutWriter): void {
  const { bytes } = content.checksum();
  whole.raw(startCode);
  const head = new NutWriter().raw(startCode).number(bytes.length);
  whole.number(bytes.length);
  if (bytes.length > 4096) whole.raw(head.checksum().bytes.slice(-4));
  whole.raw(bytes);
}
