/** Packets of a camera out of what ffmpeg writes to the tap, each codec in one form. */

import { concatBytes } from "../concat_bytes.ts";
import {
  isNalCodec,
  lengthSizeOf,
  parameterSetsIn,
  parameterSetsOf,
  toAnnexB,
} from "../frame/annex_b.ts";
import type {
  AudioParameters,
  CameraPacket,
  CodecParameters,
  PacketTap,
  VideoParameters,
} from "../frame/camera_packet.ts";
import { NutDemuxer, type NutPacket, type NutStream } from "../frame/nut_demuxer.ts";
import { tapOffsetMs } from "./ffmpeg_args.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Reads one run of ffmpeg. */
export class TapReader {
  readonly #tap: PacketTap;
  readonly #codec: string;
  readonly #demuxer = new NutDemuxer();
  #parameters: CodecParameters | null = null;
  /** Bytes that tell the length of a unit; null where start codes stand between them. */
  #lengthSize: number | null = null;

  /** `codec`: what ffmpeg calls that of the video. */
  constructor(tap: PacketTap, codec: string) {
    this.#tap = tap;
    this.#codec = codec;
  }

  /** `nowMs` is the wall clock. @throws {SyntaxError} when it cannot be read */
  push(bytes: Uint8Array, nowMs = Date.now()): void {
    for (const packet of this.#demuxer.push(bytes)) {
      const parameters = this.#parameters ??= this.#describe();
      const { kind } = this.#demuxer.streams![packet.stream]!;
      const form = kind === "video"
        ? this.#picture(packet, parameters)
        : this.#sound(packet, parameters);
      if (form === null) continue;
      const { timeMs } = packet;
      const keyframe = packet.keyframe || kind === "video" && this.#isKeyByItself(packet);
      const ptsMs = timeMs - tapOffsetMs;
      this.#tap.write({ ...form, keyframe, ptsMs, capturedAtMs: nowMs });
    }
  }

  #describe(): CodecParameters {
    const streams = this.#demuxer.streams ?? [];
    const video = streams.find(({ kind }) => kind === "video");
    if (video === undefined) throw new SyntaxError("Cannot read the tap: it has no video");
    const audio = streams.find(({ kind }) => kind === "audio");
    const parameters = {
      video: this.#videoOf(video),
      audio: audio === undefined ? null : audioOf(audio),
    };
    this.#tap.describe(parameters);
    return parameters;
  }

  #videoOf({ fourcc, width, height, extradata }: NutStream): VideoParameters {
    const codec = this.#codec;
    if (!isNalCodec(codec)) return { codec, fourcc, width, height, extradata };
    this.#lengthSize = lengthSizeOf(codec, extradata);
    return { codec, fourcc, width, height, extradata: parameterSetsOf(codec, extradata) };
  }

  /** ffmpeg does not say of VP9 over RTSP which pictures need no other. */
  #isKeyByItself({ data }: NutPacket): boolean {
    return this.#codec === "vp9" && isVp9Key(data);
  }

  #change(parameters: CodecParameters): void {
    this.#parameters = parameters;
    this.#tap.describe(parameters);
  }

  #picture({ data, keyframe }: NutPacket, parameters: CodecParameters): PacketForm {
    const { video } = parameters;
    const { codec, extradata } = video;
    if (!isNalCodec(codec)) return { kind: "video", data };
    const units = this.#lengthSize === null ? data : toAnnexB(data, this.#lengthSize);
    if (!keyframe) return { kind: "video", data: units };
    const sets = parameterSetsIn(codec, units);
    if (sets.length === 0) return { kind: "video", data: concatBytes([extradata, units]) };
    if (!isSame(sets, extradata)) {
      this.#change({ ...parameters, video: { ...video, extradata: sets } });
    }
    return { kind: "video", data: units };
  }

  /** Null for sound of which nothing is known. */
  #sound({ data }: NutPacket, parameters: CodecParameters): PacketForm | null {
    const { audio } = parameters;
    if (audio === null) return null;
    const head = audio.codec === "aac" ? adtsOf(data) : null;
    if (head === null) return { kind: "audio", data };
    if (!isSame(head.config, audio.extradata)) {
      this.#change({ ...parameters, audio: { ...audio, extradata: head.config } });
    }
    return { kind: "audio", data: data.slice(head.length) };
  }
}

type PacketForm = Pick<CameraPacket, "kind" | "data">;

function audioOf({ fourcc, sampleRate, channels, extradata }: NutStream): AudioParameters {
  return { codec: audioCodecs.get(fourcc) ?? "other", fourcc, sampleRate, channels, extradata };
}

/** What cameras send, by the numbers that WAVE files have for them, and by names. */
const audioCodecs = new Map([
  ["\xff\0\0\0", "aac"],
  ["\x06\0\0\0", "pcm_alaw"],
  ["\x07\0\0\0", "pcm_mulaw"],
  ["ALAW", "pcm_alaw"],
  ["ULAW", "pcm_mulaw"],
  ["Opus", "opus"],
]);

/** The header that AAC has in a transport stream, and what it says as an AudioSpecificConfig. */
function adtsOf(data: Uint8Array): { readonly length: number; readonly config: Bytes } | null {
  const [first = 0, second = 0, third = 0, fourth = 0] = data;
  if (first !== 0xff || (second & 0xf6) !== 0xf0) return null;
  const object = (third >> 6) + 1;
  const rate = third >> 2 & 15;
  const channels = (third & 1) << 2 | fourth >> 6;
  return {
    // A checksum follows it, or not.
    length: second & 1 ? 7 : 9,
    config: Uint8Array.of(object << 3 | rate >> 1, (rate & 1) << 7 | channels << 3),
  };
}

/** By the first byte of a VP9 frame: mark, profile, whether an earlier picture is shown, and kind. */
function isVp9Key([first = 0]: Uint8Array): boolean {
  const isLongProfile = (first & 0x30) === 0x30;
  const kind = isLongProfile ? first >> 1 & 3 : first >> 2 & 3;
  return first >> 6 === 2 && kind === 0;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
