/** H.264 and H.265 with start codes (Annex B): how cameras send them, and what needs no description. */

import { concatBytes } from "../concat_bytes.ts";

/** Codecs that consist of such units. */
export type NalCodec = "h264" | "hevc";

const startCode = Uint8Array.of(0, 0, 0, 1);
const none = new Uint8Array(0);

/** Whether this codec consists of NAL units. */
export function isNalCodec(codec: string): codec is NalCodec {
  return codec === "h264" || codec === "hevc";
}

/** How many bytes tell the length of a unit, as an `avcC` or `hvcC` says; null = it is none. */
export function lengthSizeOf(codec: NalCodec, extradata: Uint8Array): number | null {
  if (extradata[0] !== 1) return null;
  const at = codec === "h264" ? 4 : 21;
  return at < extradata.length ? (extradata[at]! & 3) + 1 : null;
}

/** Where the units begin, behind their start codes. */
function* beginningsOf(data: Uint8Array): Generator<number> {
  for (let at = 0; at + 2 < data.length;) {
    // Most bytes are larger than 1, and rule out the next two places as well.
    if (data[at + 2]! > 1) at += 3;
    else if (data[at] !== 0 || data[at + 1] !== 0 || data[at + 2] !== 1) at++;
    else {
      at += 3;
      yield at;
    }
  }
}

/** Units that are led by their length, with start codes instead. */
export function toAnnexB(
  data: Uint8Array<ArrayBuffer>,
  lengthSize: number,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (let at = 0; at + lengthSize < data.length;) {
    let length = 0;
    for (let index = 0; index < lengthSize; index++) length = length * 256 + data[at++]!;
    parts.push(startCode, data.subarray(at, at + length));
    at += length;
  }
  return concatBytes(parts);
}

/** The parameter sets in an `avcC` or `hvcC`, with start codes; extradata that has them as it is. */
export function parameterSetsOf(
  codec: NalCodec,
  extradata: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (lengthSizeOf(codec, extradata) === null) return extradata[0] === 1 ? none : extradata;
  const parts: Uint8Array[] = [];
  const take = (at: number, count: number) => {
    for (; count > 0; count--) {
      const length = (extradata[at] ?? 0) << 8 | (extradata[at + 1] ?? 0);
      parts.push(startCode, extradata.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    return at;
  };
  if (codec === "h264") {
    const at = take(6, (extradata[5] ?? 0) & 31);
    take(at + 1, extradata[at] ?? 0);
  } else {
    let at = 23;
    for (let arrays = extradata[22] ?? 0; arrays > 0 && at < extradata.length; arrays--) {
      at = take(at + 3, (extradata[at + 1] ?? 0) << 8 | (extradata[at + 2] ?? 0));
    }
  }
  return concatBytes(parts);
}

/** The parameter sets in front of a picture, each with its start code. */
export function parameterSetsIn(codec: NalCodec, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let from = -1;
  const take = (end: number) => {
    // A start code may have four bytes, of which the first is a zero behind the unit before.
    while (end > from && data[end - 1] === 0) end--;
    parts.push(startCode, data.subarray(from, end));
  };
  for (const at of beginningsOf(data)) {
    if (from >= 0) take(at - 3);
    const kind = kindOf(codec, data[at] ?? 0);
    // What follows is long, and need not be looked at.
    if (kind === "picture") return concatBytes(parts);
    from = kind === "parameters" ? at : -1;
  }
  if (from >= 0) take(data.length);
  return concatBytes(parts);
}

/** Of parameter sets those of the sequence, in hex: the size of pictures is in them, and more. */
export function sequenceSetsOf(codec: NalCodec, sets: Uint8Array): string {
  const begins = [...beginningsOf(sets)];
  return begins.flatMap((at, index) => {
    const first = sets[at] ?? 0;
    const isSequence = codec === "h264" ? (first & 31) === 7 : (first >> 1 & 63) === 33;
    if (!isSequence) return [];
    const end = (begins[index + 1] ?? sets.length + 3) - 3;
    // The next start code may have four bytes.
    return [sets.subarray(at, end).toHex().replace(/(00)+$/, "")];
  }).join(" ");
}

/**
 * Whether decoding that begins with this picture shows it right: an intra refresh, which ffmpeg calls
 * a key frame too, takes until a later one.
 */
export function isWholePicture(codec: NalCodec, data: Uint8Array): boolean {
  for (const at of beginningsOf(data)) {
    const first = data[at] ?? 0;
    if (kindOf(codec, first) !== "picture") continue;
    const type = codec === "h264" ? first & 31 : first >> 1 & 63;
    return codec === "h264" ? type === 5 : type >= 16;
  }
  return false;
}

/** What others need of a picture. */
export interface PictureUse {
  /** Pictures of its own layer, or of those above it, may be decoded by it. */
  readonly isReferenced: boolean;
  /** Layers in time: pictures of one need none of a higher one. H.264 has but 0. */
  readonly layer: number;
}

/** What others need of it, as its first unit says; null where there is no picture. */
export function pictureUseOf(codec: NalCodec, data: Uint8Array): PictureUse | null {
  for (const at of beginningsOf(data)) {
    const first = data[at] ?? 0;
    if (kindOf(codec, first) !== "picture") continue;
    if (codec === "h264") return { isReferenced: (first & 0x60) !== 0, layer: 0 };
    const type = first >> 1 & 63;
    return { isReferenced: type >= 16 || type % 2 === 1, layer: ((data[at + 1] ?? 1) & 7) - 1 };
  }
  return null;
}

function kindOf(codec: NalCodec, first: number): "picture" | "parameters" | "other" {
  if (codec === "h264") {
    const type = first & 31;
    return type >= 1 && type <= 5 ? "picture" : type === 7 || type === 8 ? "parameters" : "other";
  }
  const type = first >> 1 & 63;
  return type < 32 ? "picture" : type <= 34 ? "parameters" : "other";
}
